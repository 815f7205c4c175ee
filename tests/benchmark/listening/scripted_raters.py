"""Raters by script, many at once, who go on while the server is killed and started again."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.benchmark.listening.small_study import reply_to

LONGEST_WAIT_S = 240.0


@dataclass
class ScriptedRater:
    """A rater who plays everything to the end, and sends each answer until it is confirmed.

    Parameters
    ----------
    address, invitation
        The server, and the secret of its link.
    sounds
        What is right in checks, by the names of the stimuli.
    """

    address: str
    invitation: str
    sounds: dict[str, str]
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    confirmed: dict[int, dict[str, int]] = field(default_factory=dict)
    code: str = ""
    retries: int = 0
    slowest_s: float = 0.0

    async def take_part(self, client: httpx.AsyncClient) -> None:
        """Join, answer all trials, and send some answers twice."""
        body = {"invitation": self.invitation, "token": self.token}
        trial = await self._ask(client, "POST", "join", body)
        while not trial.get("done"):
            for medium in trial["media"]:
                await self._load(client, medium["url"])
            await asyncio.sleep(sum(medium["duration_s"] for medium in trial["media"]))
            reply = reply_to(trial, self.sounds)
            following = await self._ask(client, "POST", "answer", reply)
            self.confirmed[trial["position"]] = reply["values"]
            if random.random() < 0.2:
                following = await self._ask(client, "POST", "answer", reply)
            trial = following
        self.code = trial["code"]

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the reply of the server, once there is one."""
        headers = {"Authorization": f"Bearer {self.token}"}
        begun = time.monotonic()
        while time.monotonic() - begun < LONGEST_WAIT_S:
            sent = time.monotonic()
            try:
                url = f"{self.address}/api/{path}"
                response = await client.request(method, url, json=body, headers=headers)
            except httpx.TransportError:
                self.retries += 1
                await asyncio.sleep(0.2 + 0.3 * random.random())
                continue
            self.slowest_s = max(self.slowest_s, time.monotonic() - sent)
            assert response.status_code == 200, response.text
            found: dict[str, Any] = response.json()
            return found
        raise AssertionError("The server did not come back.")

    async def _load(self, client: httpx.AsyncClient, url: str) -> None:
        """Load a stimulus as a browser does, the beginning first."""
        for part in ("bytes=0-1023", "bytes=1024-"):
            try:
                response = await client.get(f"{self.address}/{url}", headers={"Range": part})
            except httpx.TransportError:
                self.retries += 1
                continue
            assert response.status_code == 206


async def all_take_part(raters: list[ScriptedRater]) -> None:
    """Let raters take part at the same time."""
    limits = httpx.Limits(max_connections=2 * len(raters))
    async with httpx.AsyncClient(timeout=60.0, limits=limits) as client:
        await asyncio.gather(*(rater.take_part(client) for rater in raters))
