"""Shows the review page inside Airflow's own pages. The application itself knows nothing of Airflow.

Airflow's frame forbids pop-ups, so links to articles are followed on the stand-alone page (`LANGNGHE_PUBLIC_URL`).
"""

from __future__ import annotations

from typing import Any

from airflow.plugins_manager import AirflowPlugin


async def _review(scope: Any, receive: Any, send: Any) -> None:
    # Imported on the first request: every Airflow process reads its plug-ins, only the API server shows pages.
    from review.app import app

    await app(scope, receive, send)


class LangNghePlugin(AirflowPlugin):
    """One entry in Airflow's navigation."""

    name = "langnghe"
    fastapi_apps = [{"app": _review, "url_prefix": "/langnghe", "name": "Lắng Nghe"}]  # noqa: RUF012 - Airflow reads class attributes
    external_views = [{"name": "Lắng Nghe", "href": "langnghe/", "destination": "nav", "url_route": "langnghe"}]  # noqa: RUF012
