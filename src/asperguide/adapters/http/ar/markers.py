"""Pictures that may become markers."""

from litestar import Response

from asperguide.adapters.http.bodies import ApiRequest
from asperguide.adapters.http.handlers import post
from asperguide.adapters.http.languages import preferred
from asperguide.adapters.http.openapi_parts import header, parameter
from asperguide.adapters.http.routes import Given, route
from asperguide.adapters.http.streaming import body_of
from asperguide.ar.analyzing import LARGEST_MARKER, AnalyzeMarker, MarkerReportView
from asperguide.ar.marker_advice import DEFAULT_LANGUAGE, WORDS
from asperguide.ar.marker_errors import MarkerRefused, MarkerTooSmall
from asperguide.media.errors import TooManyImages
from asperguide.shared.actor import Actor

MARKERS = ["markers"]
BUDGET = "markers"
PICTURES = (
    "image/jpeg", "image/png", "image/webp", "image/avif", "image/heic", "image/heif", "image/gif", "image/tiff",
    "image/bmp", "application/octet-stream",
)  # fmt: skip
LANGUAGE = parameter("header", "Accept-Language", f"The language of advice: {' or '.join(WORDS)}.")
REPORT = {
    "width": 4000, "height": 3000, "ratio": 1.3333, "corners": 239, "richness": 0.6328, "coverage": 0.8281,
    "edge_density": 0.1187, "contrast": 0.2281, "sharpness": 1534.6, "brightness": 0.4087, "repetition": 0.1123,
    "repetitive": False, "score": 0.793, "grade": "good",
    "advice": [
        {"code": "empty_areas", "text": "Parts of the picture are empty. Details should be spread over all of it."}
    ],
    "fingerprint": "054067991f6d6f65",
}  # fmt: skip


@post(
    "/markers/analyze",
    status_code=200,
    tags=MARKERS,
    **route(
        "analyze_marker", AnalyzeMarker, streams=PICTURES, body_limit=LARGEST_MARKER, budget=BUDGET,
        raises=(MarkerRefused, MarkerTooSmall, TooManyImages), parameters=(LANGUAGE,), answer_example=REPORT,
        answers={200: {"headers": {"Content-Language": header("The language of the advice.")}}},
        summary="Try a picture as a marker",
    ),
)  # fmt: skip
async def analyze_marker(
    request: ApiRequest, actor: Given[Actor], analyze_marker: Given[AnalyzeMarker]
) -> Response[MarkerReportView]:
    language = preferred(request.call.header(b"accept-language"), tuple(WORDS), DEFAULT_LANGUAGE)
    report = await analyze_marker(actor, body_of(request, LARGEST_MARKER), language)
    return Response(report, headers={"content-language": language, "vary": "Accept-Language"})


ROUTES = (analyze_marker,)
