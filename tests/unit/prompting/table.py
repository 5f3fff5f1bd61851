"""What people bring from other tools, and what becomes of it with FLUX.2 [klein].

A row: the prompt; what is sent; the options it sets; and each find, as `found = became`, in the order of the prompt.
"""

from dataclasses import dataclass, field

_OUT = "left out"
_WORDS = "unwrapped"
_SET = "set"


@dataclass(frozen=True)
class Row:
    prompt: str
    sent: str
    options: dict[str, object] = field(default_factory=dict[str, object])
    lines: tuple[str, ...] = ()


def _row(prompt: str, sent: str, *lines: str, **options: object) -> Row:
    return Row(prompt, sent, options, lines)


WIDE = {"image_size": "landscape_16_9"}
TALL = {"image_size": "portrait_4_3"}

SHAPES = (
    _row("a fox --ar 16:9", "a fox", "--ar 16:9 = set", **WIDE),
    _row("a fox --aspect 3:4", "a fox", "--aspect 3:4 = set", **TALL),
    _row("a fox --aspect-ratio 9:16", "a fox", "--aspect-ratio 9:16 = set", image_size="portrait_16_9"),
    _row("a fox --aspect_ratio 4:3", "a fox", "--aspect_ratio 4:3 = set", image_size="landscape_4_3"),
    _row("a fox --AR 1:1", "a fox", "--AR 1:1 = set", image_size="square_hd"),
    _row("a fox --ar 16x9", "a fox", "--ar 16x9 = set", **WIDE),
    _row("a fox --ar 16/9", "a fox", "--ar 16/9 = set", **WIDE),
    _row("a fox --ar=16:9", "a fox", "--ar=16:9 = set", **WIDE),
    _row("a fox --ar16:9", "a fox", "--ar16:9 = set", **WIDE),
    _row("a fox --ar 1920x1080", "a fox", "--ar 1920x1080 = set", **WIDE),
    _row("a fox --size 768x1024", "a fox", "--size 768x1024 = set", **TALL),
    _row("a fox --ar 2:3", "a fox", "--ar 2:3 = nearest", **TALL),
    _row("a fox --ar 21:9", "a fox", "--ar 21:9 = nearest", **WIDE),
    _row("a fox --ar 1.85:1", "a fox", "--ar 1.85:1 = nearest", **WIDE),
    _row("a fox --ar 5:4", "a fox", "--ar 5:4 = nearest", image_size="landscape_4_3"),
    _row("a fox --ar 11:10", "a fox", "--ar 11:10 = nearest", image_size="square_hd"),
    _row("a fox --ar 99999:1", "a fox", "--ar 99999:1 = nearest", **WIDE),
    _row("a fox --ar 0:9", "a fox", "--ar 0:9 = unreadable"),
    _row("a fox --ar", "a fox", "--ar = unreadable"),
    _row("a fox --ar wide", "a fox wide", "--ar = unreadable"),
    _row("a fox --ar 1:1 --ar 16:9", "a fox", "--ar 1:1 = later", "--ar 16:9 = set", **WIDE),
    _row("--ar 16:9 a fox", "a fox", "--ar 16:9 = set", **WIDE),
    _row("a fox --ar 16:9, in snow", "a fox, in snow", "--ar 16:9 = set", **WIDE),
    _row("a fox --ar 16:9.", "a fox.", "--ar 16:9 = set", **WIDE),
    _row("a fox,--ar 16:9", "a fox,", "--ar 16:9 = set", **WIDE),
    _row("a fox\n--ar 16:9\nin snow", "a fox\nin snow", "--ar 16:9 = set", **WIDE),
)

NUMBERS = (
    _row("a fox --seed 7", "a fox", "--seed 7 = set", seed=7),
    _row("a fox --seed 4294967295", "a fox", "--seed 4294967295 = set", seed=4294967295),
    _row("a fox --seed 4294967296", "a fox", "--seed 4294967296 = out of range"),
    _row("a fox --seed -1", "a fox", "--seed -1 = out of range"),
    _row("a fox --seed random", "a fox random", "--seed = unreadable"),
    _row("a fox --seed " + "9" * 200, "a fox", "--seed " + "9" * 200 + " = out of range"),
    _row("a fox --repeat 4", "a fox", "--repeat 4 = set", num_images=4),
    _row("a fox --n 3", "a fox", "--n 3 = set", num_images=3),
    _row("a fox --r 2", "a fox", "--r 2 = set", num_images=2),
    _row("a fox --n 9", "a fox", "--n 9 = out of range"),
    _row("a fox --n 0", "a fox", "--n 0 = out of range"),
    _row("a fox --n 2.5", "a fox --n 2.5"),  # a name of one letter counts only with its value
    _row("a fox --steps 12", "a fox", "--steps 12 = set", num_inference_steps=12),
    _row("a fox --steps 150", "a fox", "--steps 150 = out of range"),
    _row("a fox --seed 1 --seed 2", "a fox", "--seed 1 = later", "--seed 2 = set", seed=2),
)

OTHER_FLAGS = (
    _row("a fox --v 6", "a fox", f"--v 6 = {_OUT}"),
    _row("a fox --v 6.1", "a fox", f"--v 6.1 = {_OUT}"),
    _row("a fox --version 5.2", "a fox", f"--version 5.2 = {_OUT}"),
    _row("a fox --q 2", "a fox", f"--q 2 = {_OUT}"),
    _row("a fox --q .25", "a fox", f"--q .25 = {_OUT}"),
    _row("a fox --stylize 250", "a fox", f"--stylize 250 = {_OUT}"),
    _row("a fox --s 50", "a fox", f"--s 50 = {_OUT}"),
    _row("a fox --chaos 30", "a fox", f"--chaos 30 = {_OUT}"),
    _row("a fox --chaos", "a fox", f"--chaos = {_OUT}"),
    _row("a fox --niji", "a fox", f"--niji = {_OUT}"),
    _row("a fox --niji 6", "a fox", f"--niji 6 = {_OUT}"),
    _row("a fox --tile", "a fox", f"--tile = {_OUT}"),
    _row("a fox --iw 1.5", "a fox", f"--iw 1.5 = {_OUT}"),
    _row("a fox --weird 500 --hd", "a fox", f"--weird 500 = {_OUT}", f"--hd = {_OUT}"),
    _row("a fox --style raw in snow", "a fox in snow", f"--style raw = {_OUT}"),
    _row("a fox --sref 12345", "a fox", f"--sref 12345 = {_OUT}"),
    _row("a fox --sref https://a.example/b.png", "a fox", f"--sref https://a.example/b.png = {_OUT}"),
    _row("a fox --p", "a fox", f"--p = {_OUT}"),
    _row("a fox --p m7286 --fast", "a fox", f"--p m7286 = {_OUT}", f"--fast = {_OUT}"),
    _row("a fox --cfg-scale 7", "a fox", f"--cfg-scale 7 = {_OUT}"),
    _row("a fox --sampler euler --raw", "a fox", f"--sampler euler = {_OUT}", f"--raw = {_OUT}"),
    _row(
        "a fox --ar 16:9 --v 6 --style raw --seed 7",
        "a fox",
        "--ar 16:9 = set",
        f"--v 6 = {_OUT}",
        f"--style raw = {_OUT}",
        "--seed 7 = set",
        seed=7,
        **WIDE,
    ),
)

DASHES = (
    _row("a fox —ar 16:9", "a fox", "—ar 16:9 = set", **WIDE),
    _row("a fox –seed 7", "a fox", "–seed 7 = set", seed=7),
    _row("a fox —v 6 —tile", "a fox", f"—v 6 = {_OUT}", f"—tile = {_OUT}"),
    _row("a fox —no cats", "a fox", f"—no cats = {_OUT}"),
    _row("a fox — no cats", "a fox — no cats"),
    _row("a fox—no cats", "a fox—no cats"),
    _row("a man —no older than twenty— laughs", "a man —no older than twenty— laughs"),
    _row("a car —fast and red", "a car —fast and red"),
    _row("a fox —no, wait, a wolf", "a fox —no, wait, a wolf"),
)

NEGATIVES = (
    _row("a fox --no cats", "a fox", f"--no cats = {_OUT}"),
    _row("a fox --no cats, dogs --ar 16:9", "a fox", f"--no cats, dogs = {_OUT}", "--ar 16:9 = set", **WIDE),
    _row("a fox --no", "a fox", f"--no = {_OUT}"),
    _row("a fox --negative blurry", "a fox", f"--negative blurry = {_OUT}"),
    _row("a fox negative prompt: blurry", "a fox", f"negative prompt: blurry = {_OUT}"),
    _row("a fox\nNegative prompt: blurry, bad\nin snow", "a fox\nin snow", f"Negative prompt: blurry, bad = {_OUT}"),
    _row("a fox. Negative Prompt: (bad:1.2), [ugly]", "a fox.", f"Negative Prompt: (bad:1.2), [ugly] = {_OUT}"),
    _row("(a fox --no cats) in snow", "(a fox) in snow", f"--no cats = {_OUT}"),
    _row('a fox --no "text"', 'a fox --no "text"', '--no "text" = quoted'),
    _row('a fox negative prompt: "bad"', 'a fox negative prompt: "bad"', 'negative prompt: "bad" = quoted'),
)

PASTED = (
    _row(
        "a fox\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 123, Size: 512x768",
        "a fox",
        f"Negative prompt: blurry = {_OUT}",
        "Steps: 20 = set",
        "Seed: 123 = set",
        "Size: 512x768 = nearest",
        f"Sampler: Euler a, CFG scale: 7 = {_OUT}",
        num_inference_steps=20,
        seed=123,
        **TALL,
    ),
    _row(
        "a fox Negative prompt: blurry, bad Steps: 30, Sampler: DPM++ 2M, Size: 1024x1024",
        "a fox",
        f"Negative prompt: blurry, bad = {_OUT}",
        "Steps: 30 = set",
        "Size: 1024x1024 = set",
        f"Sampler: DPM++ 2M = {_OUT}",
        num_inference_steps=30,
        image_size="square_hd",
    ),
    _row(
        'a fox\nSteps: 20, Seed: 5, Lora hashes: "add: 7c6b", Version: v1.6',
        "a fox",
        "Steps: 20 = set",
        "Seed: 5 = set",
        f'Lora hashes: "add: 7c6b", Version: v1.6 = {_OUT}',
        num_inference_steps=20,
        seed=5,
    ),
    _row(
        "a fox\nNegative prompt: bad,\nworse\nSteps: 200, Sampler: Euler",
        "a fox",
        f"Negative prompt: bad,\nworse = {_OUT}",
        "Steps: 200 = out of range",
        f"Sampler: Euler = {_OUT}",
    ),
    _row("/imagine prompt: a fox", "a fox", f"/imagine prompt: = {_OUT}"),
    _row("/imagine a fox", "a fox", f"/imagine = {_OUT}"),
    _row("/Imagine prompt:a fox --tile", "a fox", f"/Imagine prompt: = {_OUT}", f"--tile = {_OUT}"),
    _row("prompt: a fox", "a fox", f"prompt: = {_OUT}"),
    _row('"Steps: 20, Seed: 5" on a sign', '"Steps: 20, Seed: 5" on a sign'),
)

MARKS = (
    _row("a (red fox:1.3) in snow", "a red fox in snow", f"(red fox:1.3) = {_WORDS}"),
    _row("(worst day:2)", "worst day", f"(worst day:2) = {_WORDS}"),
    _row("((snow)), a fox", "snow, a fox", f"((snow)) = {_WORDS}"),
    _row("(((snow))) a fox", "snow a fox", f"(((snow))) = {_WORDS}"),
    _row("((snow:1.2))", "snow", f"((snow:1.2)) = {_WORDS}"),
    _row("(a (red:1.2) fox:1.1)", "a red fox", f"(a (red:1.2) fox:1.1) = {_WORDS}"),
    _row("a [dull] fox", "a dull fox", f"[dull] = {_WORDS}"),
    _row("[cat:dog:0.5] in snow", "cat:dog in snow", f"[cat:dog:0.5] = {_WORDS}"),
    _row("[cat|dog]", "cat|dog", f"[cat|dog] = {_WORDS}"),
    _row('("HELLO":1.4) on a wall', '"HELLO" on a wall', f'("HELLO":1.4) = {_WORDS}'),
    _row("(狐狸:1.3) 雪", "狐狸 雪", f"(狐狸:1.3) = {_WORDS}"),
    _row("a fox <lora:snow_v2:0.8>", "a fox", f"<lora:snow_v2:0.8> = {_OUT}"),
    _row("best, <LoRA:x:1>, a fox", "best, a fox", f"<LoRA:x:1> = {_OUT}"),
    _row("a fox <lyco:a:1><hypernet:b:0.5>", "a fox", f"<lyco:a:1> = {_OUT}", f"<hypernet:b:0.5> = {_OUT}"),
    _row("a fox, embedding:EasyNegative", "a fox,", f"embedding:EasyNegative = {_OUT}"),
    _row("hot::2 dog::-.5", "hot dog", f"hot::2 = {_WORDS}", f"dog::-.5 = {_WORDS}"),
    _row("hot:: dog", "hot dog", f"hot:: = {_WORDS}"),
    _row("a fox BREAK red snow", "a fox red snow", f"BREAK = {_OUT}"),
    _row("a fox, BREAK, red snow", "a fox, red snow", f"BREAK = {_OUT}"),
    _row("a fox\nBREAK\nred snow", "a fox\nred snow", f"BREAK = {_OUT}"),
)

QUOTES = (
    _row('a sign "--ar 1:1" --ar 16:9', 'a sign "--ar 1:1"', "--ar 16:9 = set", **WIDE),
    _row("a sign “(go:1.3)” --tile", "a sign “(go:1.3)”", f"--tile = {_OUT}"),
    _row("a sign '--no entry' --tile", "a sign '--no entry'", f"--tile = {_OUT}"),
    _row("a sign ‘((go))’ --tile", "a sign ‘((go))’", f"--tile = {_OUT}"),
    _row("ein Schild „[links]“ --tile", "ein Schild „[links]“", f"--tile = {_OUT}"),
    _row("un panneau « a::2 » --tile", "un panneau « a::2 »", f"--tile = {_OUT}"),
    _row("看板「--ar 16:9」 --tile", "看板「--ar 16:9」", f"--tile = {_OUT}"),
    _row("`git commit --no edit` on a mug --tile", "`git commit --no edit` on a mug", f"--tile = {_OUT}"),
    _row('a 5" nail --tile and a 3" bolt', 'a 5" nail and a 3" bolt', f"--tile = {_OUT}"),
    _row("the dogs' house --tile at the cats' door", "the dogs' house at the cats' door", f"--tile = {_OUT}"),
    _row("a '90s poster --tile of rock 'n' roll", "a '90s poster of rock 'n' roll", f"--tile = {_OUT}"),
    _row('"a fox --ar 16:9"', '"a fox --ar 16:9"'),
)

INNOCENT = tuple(
    Row(prompt, prompt)
    for prompt in (
        "a red fox in snow",
        "",
        "a fox (red) in snow",
        'a "(red:blue)" sign',
        "a (red:blue) sign",
        "the 16:9 format, at 10:30",
        "(at 10:30) a train (John 3:16)",
        "a 1:1 scale model (scale 1:1)",
        "film in (1.85:1) and (2.39:1)",
        "vitamin C++ --",
        "-- a fox --",
        "a fox -- no cats",
        "a well--known fox",
        "git commit --amend --no-edit",
        "a fox --like creature",
        "ls --s for a look",
        "for (i = 0; i < n; i--) { y--; }",
        "print(f((x))) and arr[i][j]",
        "std::vector<int> on a shirt, std::cout",
        ":-) :( ;-) (: :-( a sad (happy) fox :)",
        "(:3) and (smile :3)",
        "https://a.example/x_(y:1.2)/--no?[b]=((c)) in a browser",
        "mail me at fox--no@example.com",
        "[text](https://a.example)",
        "[x] done [1] [2]",
        "array[index] of foxes",
        "一只狐狸在雪地里（红色）",
        "ثعلب أحمر في الثلج",
        "{red, green} fox and {{blue}}",
        "a fox --ar {16:9, 1:1}",
        "<@123> <:fox:456> <b>bold</b> a < b > c",
        "PRISON BREAK poster",
        "a tea break, BREAKFAST",
        "prompt and ready",
        "the steps: 20, then more",
        "rock 'n' roll, don't stop",
        "saber \\(fate\\)",
        "🦊 ❄️ — ♥",
        '{"scene": "a fox --ar 16:9", "weights": "(x:1.2)"}',
    )
)

TABLE = (*SHAPES, *NUMBERS, *OTHER_FLAGS, *DASHES, *NEGATIVES, *PASTED, *MARKS, *QUOTES, *INNOCENT)
