"""The score: music composed for one dance, and its rendering by sampled instruments."""
