from tests.media.conftest import make_clip

__all__ = ["make_clip"]
