"""Reading what was measured."""

from asperguide.adapters.measuring import Measured


def figure(source: Measured, name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels. LookupError when no family is called like that."""
    families = [family for family in source.measure() if name.startswith(family.name)]
    if not families:
        raise LookupError(name)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if family.name + sample.suffix == name and labels.items() <= sample.labels.items()
    )
