"""`openapi`, `errors` and `mail`: what is generated from the program, for people to read."""

from pathlib import Path

import rich_click as click

from asperguide.settings import Settings


@click.command()
@click.option("--yaml", "as_yaml", is_flag=True, help="YAML instead of JSON.")
@click.option("--check", type=click.Path(path_type=Path), help="Compare with this file; exit code 1 when it differs.")
def openapi(as_yaml: bool, check: Path | None) -> None:
    """Print the OpenAPI document of the REST API."""
    from asperguide.adapters.http.openapi_serving import OpenApiDocument
    from asperguide.container import Container
    from asperguide.server import about, build

    settings = Settings(oauth_secret_key="only to build the document, signs nothing")  # noqa: S106
    app = build(Container(settings=settings)).app
    document = OpenApiDocument(about)
    content, _ = document.yaml(app) if as_yaml else document.json(app)
    _print_or_check(content.decode(), check, "asperguide openapi")


@click.command()
@click.option("--check", type=click.Path(path_type=Path), help="Compare with this file; exit code 1 when it differs.")
def errors(check: Path | None) -> None:
    """Print the catalogue of errors as Markdown."""
    from asperguide import server  # every error class is known once everything is imported
    from asperguide.adapters.http.problems import errors_markdown

    del server
    _print_or_check(errors_markdown(), check, "asperguide errors")


@click.group()
def mail() -> None:
    """What the service writes to people."""


@mail.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def preview(folder: Path) -> None:
    """Render every kind of mail in every language into FOLDER."""
    from asperguide.adapters.jinja.catalogue import KINDS, LANGUAGES, SAMPLES
    from asperguide.adapters.jinja.letters import JinjaLetters

    letters = JinjaLetters()
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        for locale in LANGUAGES:
            letter = letters.write(kind, locale, SAMPLES[kind])
            (folder / f"{kind}.{locale}.html").write_text(letter.html)
            (folder / f"{kind}.{locale}.txt").write_text(f"{letter.subject}\n\n{letter.text}")
    click.echo(f"{len(LANGUAGES) * len(KINDS)} mails in {folder}")


def _print_or_check(content: str, path: Path | None, command: str) -> None:
    content = content.rstrip("\n") + "\n"
    if path is None:
        click.echo(content, nl=False)
    elif not path.exists() or path.read_text() != content:
        click.echo(f"{path} is not up to date: {command} > {path}", err=True)
        raise SystemExit(1)
