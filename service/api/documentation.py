"""The API's documentation as a page, with assets of our own: clusters are often cut off from the internet."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

ASSETS = "/documentation-assets"


def install(app: FastAPI) -> None:
    """Serve Swagger UI at /docs; the application must have been made without the default one."""
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]))

    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=app.openapi_url or "",
            title=app.title,
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}/favicon.png",
        )

    app.add_api_route("/docs", docs, include_in_schema=False)
