"""What must hold when all is quiet, and the table that says so. Every promise is checked for every single press."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.ledger import recount
from bot.store.engine import Store
from sandbox.discord.messages import EPHEMERAL
from sandbox.runflow.run import billed_micro_usd
from tests.chaos.arena import Arena, Press, is_hanging, text_of

Row = Mapping[str, Any]

FINAL = frozenset({"canceled", "failed", "lost", "partial", "succeeded"})
_ENDS = frozenset({"settle", "release"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The numbers of a storm, and everything that is wrong, each in a sentence."""

    seed: int
    kills: int
    presses: int
    failed_presses: int
    accepted: int
    ends: Mapping[str, int]
    creates: int
    most_creates: int
    held_micro_usd: int
    settled_micro_usd: int
    billed_micro_usd: int
    doubles: int
    hanging: int
    forged: int
    wrong: tuple[str, ...]

    def rows(self) -> Iterator[tuple[str, str]]:
        """The table, line by line."""
        yield "seed", str(self.seed)
        yield "kills (SIGKILL)", str(self.kills)
        yield "presses of /imagine", str(self.presses)
        yield "of these failed by Discord, because the bot was down", str(self.failed_presses)
        yield "runs accepted", str(self.accepted)
        yield "ends", ", ".join(f"{number} {name}" for name, number in sorted(self.ends.items()))
        yield "runs created at Runflow", str(self.creates)
        yield "most creates of one run", str(self.most_creates)
        yield "money held, micro-dollars", str(self.held_micro_usd)
        yield "settled, micro-dollars", str(self.settled_micro_usd)
        yield "billed by Runflow, micro-dollars", str(self.billed_micro_usd)
        yield "settled less billed", str(self.settled_micro_usd - self.billed_micro_usd)
        yield "messages posted twice", str(self.doubles)
        yield "cards left hanging", str(self.hanging)
        yield "forged callbacks sent", str(self.forged)
        yield "promises broken", str(len(self.wrong))

    def table(self) -> str:
        """The table in markdown, and below it what is wrong."""
        lines = ["| what | |", "|---|---|", *(f"| {name} | {value} |" for name, value in self.rows())]
        if self.wrong:
            lines += ["", f"Broken with seed {self.seed}:", *(f"- {sentence}" for sentence in self.wrong)]
        return "\n".join(lines)


async def judge(arena: Arena, *, seed: int, forged: int = 0, open_runs: frozenset[str] = frozenset()) -> Verdict:
    """Look at everything. `open_runs` need have no end yet: they have one card, one `reserve`, and no second create."""
    rows = {row["interaction_id"]: row for row in arena.ask("SELECT * FROM runs")}
    entries: dict[str, list[Row]] = {}
    for entry in arena.ask("SELECT * FROM ledger_entries ORDER BY id"):
        entries.setdefault(entry["run_id"], []).append(entry)
    creates = Counter(run.client_ref for run in arena.sandbox.runflow.runs.values())
    messages = {press.id: arena.messages_of(press) for press in arena.presses}
    wrong = [*arena.faults, *await _books(arena, open_runs)]
    for press in arena.presses:
        row = rows.get(press.id)
        if row is None or row["id"] not in open_runs:
            wrong += _press(arena, press, row, messages[press.id], creates)
    for row in rows.values():
        found = entries.get(row["id"], [])
        wrong += _open(row, found) if row["id"] in open_runs else _row(row, found)
    wrong += _billed_as_settled(arena, rows, entries, open_runs)
    posted = _posted(arena)
    doubles = posted - sum(1 for found in messages.values() if found)
    wrong += [f"{doubles} messages more than cards and refusals"] if doubles else []
    wrong += [f"run {ref} was created {count} times" for ref, count in creates.items() if count > 1]
    return Verdict(
        seed=seed,
        kills=arena.kills,
        presses=len(arena.presses),
        failed_presses=sum(arena.stands(press) == "failed" for press in arena.presses),
        accepted=sum(arena.stands(press) != "failed" and press.id in rows for press in arena.presses),
        ends=Counter(_end(row) for row in rows.values()),
        creates=len(arena.sandbox.runflow.runs),
        most_creates=max(creates.values(), default=0),
        held_micro_usd=sum(row["held_micro_usd"] for row in arena.ask("SELECT held_micro_usd FROM ledger_totals")),
        settled_micro_usd=sum(
            entry["amount_micro_usd"] for found in entries.values() for entry in found if entry["kind"] not in _UNSPENT
        ),
        billed_micro_usd=arena.sandbox.runflow.billed_micro_usd(),
        doubles=doubles,
        hanging=sum(is_hanging(message) for found in messages.values() for message in found),
        forged=forged,
        wrong=tuple(wrong),
    )


_UNSPENT = frozenset({"reserve", "release", "refund"})


async def _books(arena: Arena, open_runs: frozenset[str]) -> list[str]:
    async with Store.open(f"sqlite+aiosqlite:///{arena.database}") as store:
        wrong = await store.read(
            lambda connection: [
                f"a total disagrees with its entries: {one}" for one in recount.disagreements(connection)
            ]
        )
    held = arena.ask(
        "SELECT sum(held_micro_usd) AS held, sum(live_runs) AS live FROM ledger_totals"
        " WHERE subject = 'bot' AND \"window\" = 'ever'"
    )[0]
    # Runflow may bill a lost run for a day: what was held for it stays so.
    unended = [
        row
        for row in arena.ask(
            "SELECT id, state, held_micro_usd FROM runs WHERE id NOT IN"
            " (SELECT run_id FROM ledger_entries WHERE kind IN ('settle', 'release'))"
        )
        if row["state"] == "lost" or row["id"] in open_runs
    ]
    right = (sum(row["held_micro_usd"] for row in unended), sum(row["state"] != "lost" for row in unended))
    found = (held["held"] or 0, held["live"] or 0)
    return wrong if found == right else [*wrong, f"something is held: {found} (money, runs) instead of {right}"]


def _press(
    arena: Arena, press: Press, row: Row | None, messages: list[Mapping[str, Any]], creates: Counter[str | None]
) -> Iterator[str]:
    """What one person must find."""
    name, stands = f"press {press.id} ({press.prompt})", arena.stands(press)
    if stands == "failed":
        if messages:
            yield f"{name}: Discord failed it, and it has a card"
        if row is not None and creates[row["id"]]:
            yield f"{name}: Discord failed it, and run {row['id']} was created at Runflow"
        return
    if stands != "answered":
        yield f"{name}: stays {stands}"
    if len(messages) != 1:
        yield f"{name}: {len(messages)} messages: {[text_of(message) for message in messages]}"
        return
    if row is None:
        if not messages[0]["flags"] & EPHEMERAL:
            yield f"{name}: a card without a run: {text_of(messages[0])!r}"
        return
    yield from (f"{name}: {what}" for what in _card(row, messages[0]))


def _card(row: Row, message: Mapping[str, Any]) -> Iterator[str]:
    """What a card must say of its run."""
    text = text_of(message)
    said = f"run {row['id']} is {_end(row)}, its card says {text.splitlines()[:3]}"
    pictures = bool(message["attachments"])
    if is_hanging(message):
        yield f"a card hangs: {said}"
    elif pictures != (row["state"] in {"succeeded", "partial"} and row["delivery"] == "shown" and not row["reason"]):
        yield f"pictures or none: {said}"
    elif row["delivery"] in {"held", "withheld"}:
        if "Hidden in this channel." not in text and "Hidden here." not in text:
            yield f"not withheld: {said}"
    elif not pictures and "Details" not in text:
        yield f"no end in words: {said}"
    if row["reason"] == "pictures_unreadable" and "/history" not in text:
        yield f"paid pictures, and no way to them: {said}"
    if row["delivery"] == "undeliverable" and row["state"] != "canceled":
        yield f"undeliverable, and yet its card stands: {said}"
    # A card that is not of pictures says in so many words that it cost nothing, or that what it cost was given back.
    is_over, cost = not pictures and not is_hanging(message), row["cost_micro_usd"]
    if is_over and bool(cost) == ("You were not charged" in text):
        yield f"its cost: {said}"
    if is_over and (bool(cost) and row["given_back_micro_usd"] == cost) != ("not count towards your limit" in text):
        yield f"what was given back: {said}"


def _row(row: Row, entries: list[Row]) -> Iterator[str]:
    """What the books must say of a run."""
    kinds = [entry["kind"] for entry in entries]
    if row["state"] not in FINAL or row["delivery"] == "pending":
        yield f"run {row['id']} has no end: {_end(row)}"
    ends = sum(kind in _ENDS for kind in kinds)
    if kinds.count("reserve") != 1 or ends > 1 or (not ends and row["state"] != "lost"):
        yield f"run {row['id']} ({_end(row)}) has the entries {kinds}"
    spent = sum(entry["amount_micro_usd"] for entry in entries if entry["kind"] not in _UNSPENT)
    if spent != (row["cost_micro_usd"] or 0):
        yield f"run {row['id']} says it cost {row['cost_micro_usd']}, and its entries {spent}"


def _open(row: Row, entries: list[Row]) -> Iterator[str]:
    """What the books must say of a run that has no end yet, or whose end nobody was told."""
    kinds = [entry["kind"] for entry in entries]
    if kinds.count("reserve") != 1 or sum(kind in _ENDS for kind in kinds) > (row["state"] in FINAL):
        yield f"run {row['id']} ({_end(row)}) has the entries {kinds}"


def _billed_as_settled(
    arena: Arena, rows: Mapping[int, Row], entries: Mapping[str, list[Row]], open_runs: frozenset[str]
) -> Iterator[str]:
    """What Runflow billed for a run is what was settled for it, and its end is the one that Runflow gave it."""
    known = {row["id"]: row for row in rows.values()}
    now = arena.sandbox.clock.now()
    for run in arena.sandbox.runflow.runs.values():
        row = known.get(run.client_ref or "")
        if row is None:
            yield f"Runflow has {run.id}, of which the bot knows nothing"
            continue
        if row["id"] in open_runs:
            continue
        billed = billed_micro_usd(run, now)
        found = entries.get(row["id"], ())
        settled = sum(entry["amount_micro_usd"] for entry in found if entry["kind"] not in _UNSPENT)
        # Where Runflow tells no cost, each picture is estimated and rounded by itself.
        may_differ = run.job.count if any(entry["estimated"] for entry in found) else 0
        if abs(settled - billed) > may_differ:
            yield f"run {row['id']} ({_end(row)}): {settled} settled, {billed} billed"


def _posted(arena: Arena) -> int:
    """How many messages there are by the bot, but for its answers to what makes no card."""
    world = arena.sandbox.discord.world
    return sum(
        message.author_id == world.application_id
        and (message.origin is None or message.origin.interaction_id not in arena.others)
        for message in world.messages()
    )


def _end(row: Row) -> str:
    reason = f" ({row['reason']})" if row["reason"] else ""
    return f"{row['state']}{reason} {row['delivery']}"
