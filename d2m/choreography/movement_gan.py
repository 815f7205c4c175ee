"""MM-GAN: from the style of music to a sequence of movements (Lee et al., 2019, Sec. 3.2).

A dance is a short sequence of dance units, and a code of the whole composes their movements.
Shapes: ``B`` dances, ``U`` units of each, ``M`` values of a movement, ``C`` of its
principal components, ``D`` values of a dance, ``S`` styles.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from d2m.choreography.unit_vae import Gaussian
from d2m.core.dance_styles import DANCE_STYLES
from d2m.models.weight_files import StoredConfig

PHRASE_UNITS = 4
"""Units of a generated dance, which a longer song has several of. The paper has 3 to 5."""
NOISE_VALUES = 64
"""Values of the noise that makes one dance differ from another in the same style. The paper does
not state it; chosen by hand."""
_STYLES = len(DANCE_STYLES)


@dataclass(frozen=True, kw_only=True)
class MovementGanConfig(StoredConfig):
    """Sizes of the networks. The paper has 1,024 hidden values and 512 of a dance.

    Parameters
    ----------
    hidden
        Values of the recurrent states.
    movement
        Values that describe a movement, see `d2m.choreography.unit_vae.UnitVaeConfig`.
    components
        Principal components of these values that are composed.
    dance
        Values that describe a dance.
    units
        Units of a dance: `PHRASE_UNITS`, or 1 for the baseline without composition, in which
        every unit answers the music on its own.
    known
        Movements of the corpus, to the nearest of which a composed movement is rounded. The paper
        does not round; D2M-GAN rounds its features to codebook entries likewise. Without it, few
        steps of training give movements that are too like their mean.
    """

    hidden: int = 256
    movement: int = 128
    components: int = 48
    dance: int = 96
    units: int = PHRASE_UNITS
    known: int = 4096


class DanceComposer(nn.Module):
    """E_std and G_dan: what is needed to compose; movements are scaled as the corpus has them.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: MovementGanConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.movement))
        self.register_buffer("basis", torch.eye(config.movement, config.components))
        self.register_buffer("scale", torch.ones(1))
        self.register_buffer("known", torch.zeros(config.known, config.components))
        width = config.hidden
        self.style_encoder = nn.Sequential(
            *(nn.Linear(_STYLES + NOISE_VALUES, width), nn.LeakyReLU(0.2)),
            *(nn.Linear(width, width), nn.LeakyReLU(0.2)),
            nn.Linear(width, config.dance),
        )
        self.start = nn.Linear(config.dance, width)
        self.generator = nn.GRU(config.dance, width, batch_first=True)
        self.head = nn.Sequential(
            nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, config.components)
        )

    mean: Tensor
    basis: Tensor
    scale: Tensor
    known: Tensor

    @torch.no_grad()
    def learn_scale(self, movements: Tensor, known: Tensor) -> None:
        """Learn mean and principal components of movements (N, M), and keep some known ones."""
        self.mean.copy_(movements.mean(dim=0))
        _, strengths, axes = torch.linalg.svd(movements - self.mean, full_matrices=False)
        self.basis.copy_(axes[: self.config.components].T)
        # One scale for all: components that vary little also matter little.
        self.scale.fill_(float(strengths[0]) / len(movements) ** 0.5)
        self.known.copy_(self.scaled(known))

    def encode_style(self, style: Tensor, noise: Tensor) -> Tensor:
        """Return codes of dances (B, D) of styles (B, S) and noise (B, NOISE_VALUES): E_std."""
        code: Tensor = self.style_encoder(torch.cat([style, noise], dim=-1))
        return code

    def decode(self, code: Tensor) -> Tensor:
        """Return scaled movements (B, U, C) from codes of dances (B, D): G_dan."""
        steps = code[:, None].expand(-1, self.config.units, -1)
        states, _ = self.generator(steps, torch.tanh(self.start(code))[None])
        movements: Tensor = self.head(states)
        return movements

    def scaled(self, movements: Tensor) -> Tensor:
        """Return the scaled components (..., C) of movements (..., M) of DU-VAE."""
        return (movements - self.mean) @ self.basis / self.scale

    def compose(self, style: Tensor, noise: Tensor) -> Tensor:
        """Return the movements (B, U, M) of dances in styles (B, S), as DU-VAE has them."""
        made = self.decode(self.encode_style(style, noise))
        nearest = torch.cdist(made.flatten(0, 1), self.known).argmin(dim=-1)
        return self.known[nearest].view_as(made) * self.scale @ self.basis.T + self.mean


class DanceEncoder(nn.Module):
    """E_mtd and E_sty, which only the training needs.

    Parameters
    ----------
    config
        Sizes.
    """

    def __init__(self, config: MovementGanConfig) -> None:
        super().__init__()
        width = config.hidden
        self.encoder = nn.GRU(config.components, width, batch_first=True)
        self.head = nn.Linear(width, 2 * config.dance)
        self.style = nn.Sequential(
            *(nn.Linear(config.dance, width), nn.LeakyReLU(0.2)),
            *(nn.Linear(width, width), nn.LeakyReLU(0.2)),
            nn.Linear(width, _STYLES),
        )

    def encode(self, movements: Tensor) -> Gaussian:
        """Return the distribution of the code of dances (B, U, C): E_mtd."""
        _, state = self.encoder(movements)
        mean, log_variance = self.head(state[0]).chunk(2, dim=-1)
        return Gaussian(mean, log_variance.clamp(-10, 4))

    def find_style(self, code: Tensor) -> Tensor:
        """Return the shares of the styles (B, S) of codes of dances (B, D): E_sty."""
        shares: Tensor = self.style(code).softmax(dim=-1)
        return shares


class DanceDiscriminator(nn.Module):
    """D_mov or D_dan: five fully connected layers with layer normalisation (Sec. 4).

    Parameters
    ----------
    inputs
        Values of what is judged: the movements of all units, or the code of a dance.
    hidden
        Values of the hidden layers.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = inputs + _STYLES
        for _ in range(4):
            layers += [nn.Linear(before, hidden), nn.LayerNorm(hidden), nn.LeakyReLU(0.2)]
            before = hidden
        self.layers = nn.Sequential(*layers, nn.Linear(before, 1))

    def forward(self, judged: Tensor, style: Tensor) -> Tensor:
        """Return logits (B, 1) of what (B, inputs) is judged beside a style (B, S)."""
        logits: Tensor = self.layers(torch.cat([judged, style], dim=-1))
        return logits
