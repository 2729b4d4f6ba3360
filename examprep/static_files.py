"""How static files are named where they are collected."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORTS = (
    (r"""(?P<matched>from "(?P<url>\./[^"]+)")""", 'from "%(url)s"'),
    (r"""(?P<matched>import\("(?P<url>\./[^"]+)"\))""", 'import("%(url)s")'),
)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Hashed names, also where our modules import one another: a module is one file under one name.

    Django's own switch for this reads every script of every library, and stumbles over comments in some.
    """

    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("js/*.js", _IMPORTS))
