"""The look of the page: system fonts, so nothing is fetched, and one accent colour."""

from __future__ import annotations

import gradio as gr

ACCENT = "#7c3aed"
"""Accent colour of waveforms: violet 600, the primary hue of the theme."""


def theme() -> gr.themes.Base:
    """Return the theme of the page."""
    return gr.themes.Base(
        primary_hue="violet",
        neutral_hue="slate",
        radius_size="lg",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_label_text_color="*neutral_700",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_text_color="white",
    )
