"""The catalog of published weight files and their download sources.

The Google Drive ids, URLs and git blob ids are those published by the authors of D2M-GAN
(github.com/L-YeZhu/D2M-GAN), JukeBox, PyTorchVideo and torchvggish.
"""

from __future__ import annotations

from dataclasses import dataclass

from d2m.core.levels import HIGH, LOW, HopLevel

NO_LICENCE = (
    "none stated by the authors of D2M-GAN: use them for research only and ask the authors about "
    "any other use"
)
JUKEBOX_LICENCE = "JukeBox's Noncommercial Use License, which also covers the generated music"
I3D_LICENCE = "none stated for the weights; PyTorchVideo's code is Apache-2.0"
VGGISH_LICENCE = "none stated for the weights; torchvggish's code is Apache-2.0"
AIST_TITLE = "AIST++"
TIKTOK_TITLE = "TikTok Dance-Music"
MEBIBYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Source:
    """The download source of a published file.

    Parameters
    ----------
    url
        URL of the file.
    drive_id
        Id of the file on Google Drive, which may show a confirmation page before the
        download; None for other hosts.
    """

    url: str
    drive_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class WeightFile:
    """One published weight file.

    Parameters
    ----------
    key
        Name of the file in this project; the installed file is ``KEY.safetensors``.
    network
        The network whose parameters it holds, a key of
        `d2m.checkpoints.identify.NETWORK_TITLES`.
    filename
        The authors' file name.
    title, trained_on, licence
        Descriptions for the user.
    source
        Download source; None if there is no public one.
    blob_id
        Git blob id (SHA-1) of the published content; None if the file is not published in a
        git repository.
    max_bytes
        Largest accepted download (bytes). The default, 1 GiB, and the 256 MiB for codecs
        were chosen by hand: the largest network, the AIST++ generator of level low, has
        435 MB of parameters, and the VQ-VAE has 8 MB.
    """

    key: str
    network: str
    filename: str
    title: str
    trained_on: str
    licence: str
    source: Source | None = None
    blob_id: str | None = None
    max_bytes: int = 1024 * MEBIBYTE


def _drive(drive_id: str) -> Source:
    return Source(url=f"https://drive.google.com/uc?id={drive_id}", drive_id=drive_id)


def _motion(dataset: str, trained_on: str, level: HopLevel, source: Source | None) -> WeightFile:
    return WeightFile(
        key=f"{dataset}-{level.name}-motion",
        network=f"{dataset}-motion",
        filename="mencoder.pt",
        title=f"motion encoder, {trained_on}, level {level.name}",
        trained_on=trained_on,
        licence=NO_LICENCE,
        source=source,
    )


def _generator(dataset: str, trained_on: str, level: HopLevel, source: Source | None) -> WeightFile:
    return WeightFile(
        key=f"{dataset}-{level.name}-generator",
        network=f"{dataset}-{level.name}-generator",
        filename="netG.pt",
        title=f"generator, {trained_on}, level {level.name}",
        trained_on=trained_on,
        licence=NO_LICENCE,
        source=source,
    )


def _tuned_codec(level: HopLevel, blob_id: str) -> WeightFile:
    filename = f"vqvae_{level.name}.pt"
    return WeightFile(
        key=f"vqvae-{level.name}",
        network="vqvae",
        filename=filename,
        title=f"JukeBox VQ-VAE of D2M-GAN, level {level.name}",
        trained_on="music (JukeBox), fine-tuned by the authors of D2M-GAN",
        licence=JUKEBOX_LICENCE,
        source=Source(
            url=f"https://raw.githubusercontent.com/L-YeZhu/D2M-GAN/main/models/{filename}"
        ),
        blob_id=blob_id,
        max_bytes=256 * MEBIBYTE,
    )


WEIGHT_FILES = {
    file.key: file
    for file in (
        _motion("aist", AIST_TITLE, HIGH, _drive("1TWe1AGMbldfRWFBLnaE5d8GYzeHMlg4o")),
        _generator("aist", AIST_TITLE, HIGH, _drive("1z-jc_Hn_c39bqGov7mzEYxSmc_104NYY")),
        _motion("aist", AIST_TITLE, LOW, _drive("1Wg0H8RxogjrOd2ey95NqFEyvEjUDSIFP")),
        _generator("aist", AIST_TITLE, LOW, _drive("1aYorY23XfGumBwro58dm6jMqZ_j-4fEy")),
        _motion("tiktok", TIKTOK_TITLE, HIGH, None),
        _generator("tiktok", TIKTOK_TITLE, HIGH, None),
        _tuned_codec(HIGH, "c396e753a21f20c88440c548ecaa9f896a176e82"),
        _tuned_codec(LOW, "e67ad014500b7c7a3ebc9cb40ff1495fb201fe24"),
        WeightFile(
            key="vqvae-jukebox",
            network="vqvae",
            filename="vqvae.pth.tar",
            title="JukeBox VQ-VAE, all levels",
            trained_on="music (JukeBox)",
            licence=JUKEBOX_LICENCE,
            source=Source(url="https://openaipublic.azureedge.net/jukebox/models/5b/vqvae.pth.tar"),
            max_bytes=256 * MEBIBYTE,
        ),
        WeightFile(
            key="i3d",
            network="i3d",
            filename="I3D_8x8_R50.pyth",
            title="I3D-R50 8x8 of PyTorchVideo",
            trained_on="Kinetics-400",
            licence=I3D_LICENCE,
            source=Source(
                url="https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/kinetics/I3D_8x8_R50.pyth"
            ),
        ),
        WeightFile(
            key="vggish",
            network="vggish",
            filename="vggish-10086976.pth",
            title="VGGish, used by `evaluate` to classify genres",
            trained_on="YouTube videos (AudioSet's release)",
            licence=VGGISH_LICENCE,
            source=Source(
                url="https://github.com/harritaylor/torchvggish/releases/download/v0.1/vggish-10086976.pth"
            ),
        ),
    )
}
"""All published weight files, by key."""
