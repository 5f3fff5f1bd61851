"""Words in disguise and innocents that look like them, each with what the rules find."""

RULES = (
    "damn", "bollocks", "naked", "nude", "gore", "boob*", "ass", "cock*", "*cunt*", "anal", "god", "fall",
    "behead", "hand job", "school shooting", "rape", "spic", "nazi", "1488", "хуй", "裸体",
)  # fmt: skip
EXCEPTIONS = ("cocktail*", "scunthorpe", "cockatoo", "cock-a-doodle-doo", "boobook", "naked mole rat")

CAUGHT = {
    # as it is
    "naked": "naked",
    "a NAKED person": "naked",
    "Naked.": "naked",
    "(naked)": "naked",
    '"naked"': "naked",
    "naked's": "naked",
    "half-naked": "naked",
    "a portrait,naked,outside": "naked",
    # other letters of the same shape
    "nаkеd": "naked",  # Cyrillic а, е
    "ոaked": "naked",  # Armenian
    "nαkεd": "naked",  # Greek
    "Ｎａｋｅｄ": "naked",  # fullwidth
    "𝐧𝐚𝐤𝐞𝐝": "naked",
    "𝓃𝒶𝓀𝑒𝒹": "naked",
    "𝔫𝔞𝔨𝔢𝔡": "naked",
    "ⓝⓐⓚⓔⓓ": "naked",
    "🄽🄰🄺🄴🄳": "naked",
    "🅽🅰🅺🅴🅳": "naked",
    "🇳 🇦 🇰 🇪 🇩": "naked",
    "ɴᴀᴋᴇᴅ": "naked",
    "ⁿᵃᵏᵉᵈ": "naked",
    "ƞaked": "naked",
    "nåkęđ": "naked",
    "ñäkêd": "naked",
    "ᎪᏚᏚ": "ass",  # Cherokee
    "ꓖꓳꓣꓰ": "gore",  # Lisu
    "gøre": "gore",
    # marks and things that show nothing
    "n̷a̷k̷e̷d̷": "naked",
    "n̈̃̄a̋̆k̊̌e̍̎d̏": "naked",
    "na\u200bked": "naked",  # zero-width space
    "na\u200d\u2060ked": "naked",  # joiners
    "na\u00adked": "naked",  # soft hyphen
    "\ufeffnaked": "naked",
    "na\u202eked": "naked",  # direction marks
    "na\u3164ked": "naked",  # Hangul filler
    "na\u034fked": "naked",  # grapheme joiner
    "n\ufe0fa\ufe0fked": "naked",
    # signs and digits for letters
    "n4ked": "naked",
    "n@k3d": "naked",
    "nak€d": "naked",
    "80085 b00bs": "boob*",
    "b0ob!es": "boob*",
    "bo||ocks": "bollocks",
    "b0ll0ck$": "bollocks",
    "n*ked": "naked",
    "n#k*d": "naked",
    "a$$": "ass",
    "@ss": "ass",
    "n4z1": "nazi",
    "NAZl": None,  # a small L for an I: so many words differ only there
    # set apart
    "n a k e d": "naked",
    "n  a  k  e  d": "naked",
    "n.a.k.e.d": "naked",
    "n-a-k-e-d": "naked",
    "n_a_k_e_d": "naked",
    "n*a*k*e*d": "naked",
    "n/a/k/e/d": "naked",
    "n🔥a🔥k🔥e🔥d": "naked",
    "n\na\nk\ne\nd": "naked",
    "na.ked": "naked",
    "nak-ed": "naked",
    "n aked": "naked",
    "nake d": "naked",
    "n ake d": "naked",
    "na ked": None,  # two pieces that could be words: only a dictionary could tell
    "NAKEDwoman": None,  # within a longer word: the rule is a whole word; *naked* would find it
    # drawn out and doubled
    "naaaaked": "naked",
    "nnnaaakkkeeeddd": "naked",
    "nnaakkeedd": "naked",
    "nakked": "naked",
    "naaked": "naked",
    "N.A.A.A.K.E.D": "naked",
    "gooooore": "gore",
    "asssss": "ass",
    "goree": None,  # one e too many: as good is not god
    # beside digits and signs
    "naked123": "naked",
    "18+naked": "naked",
    "**naked**": "naked",
    "#naked": "naked",
    "!!naked!!": "naked",
    # phrases
    "hand-job": "hand job",
    "handjob": "hand job",
    "h4nd j0b": "hand job",
    "school_shooting": "school shooting",
    "schoolshooting": "school shooting",
    "school  \n shooting": "school shooting",
    "school s h o o t i n g": "school shooting",
    # open rules
    "cocks": "cock*",
    "cocksucker": "cock*",
    "c0cks": "cock*",
    "youcunts": "*cunt*",
    "с u n t": "*cunt*",
    # other scripts
    "ХУЙ": "хуй",
    "xyй": "хуй",  # Latin x, y
    "一张裸体的照片": "裸体",
    "1 4 8 8": "1488",
    "14 88": "1488",
    # mixed
    "𝓃 @ K̷ 3 ⓓ": "naked",
    "n\u200b.a\u200b.k\u200b.e\u200b.d": "naked",
    # what is not seen through
    "dekan": None,  # backwards
    "nekkid": None,  # said, not spelt
    "pr0n": None,  # letters changed places
    "nkd": None,  # vowels left out
    "n-word-a-k-e-d": None,
    "in the buff": None,  # said another way
    "nack€t": None,  # another language
}
"""What people write for a word of the rules, and which rule finds it; None: none does, and why."""

INNOCENT = (
    # a rule's letters within a longer word
    "Scunthorpe", "a view of Scunthorpe, UK", "cocktail", "a cocktail party", "two cocktails", "c0cktail", "cock-tail",
    "cockatoo", "a white cockatoo", "cock-a-doodle-doo", "boobook owl", "a naked mole rat", "grape", "drape",
    "therapist", "scrape", "assassin", "bass", "class", "grass", "compass", "assemble", "passing", "analysis",
    "canal", "banal", "analog photo", "spice", "suspicious", "conspicuous", "denuded hills", "Goresbridge",
    "category", "Nazirite", "beheading", "damnation", "goddess", "godfather", "waterfall", "falling leaves",
    # words that differ by a letter that signs stand for
    "fail", "fails", "full", "fell", "good", "goods", "a good dog", "ghost", "as", "asset", "bas", "Asgard",
    "gorge", "go re-use it", "nudge", "mode", "dam", "dams", "rap", "ripe", "rope", "reap",
    # neighbours that would make a word together
    "an al dente dish", "as seen on TV", "go reading", "a hand, jobs and tools", "hand jobless",
    "school, then shooting range", "nude-free is no word", "be headed north", "has pickles", "gas pick-up",
    "the men's pic", "it's pick of the day",
    "she'll ass-", "plan A s", "vitamin A s s", "G od", "go d", "f all", "a ss",
    # digits and signs
    "1,488 people", "1488m", "148", "14889", "21488", "4x4", "50% off", "C++", "2+2=4", "$5", "90s", "80s",
    "f/1.8", "3d", "(masterpiece:1.2)", "wow!!!", "a * b * c", "100%", "#art", "user@example.org", "¡Hola!", "€uro",
    # other languages and scripts
    "Ananas", "Fußball", "Füße", "сор", "хутор", "裸麦", "人体", "スパイス", "naïve", "Señor", "Ångström",
    "hindi हिन्दी",
    # nothing
    "", "   ", "...", "🔥🔥🔥", "\u200b\u200b",
)  # fmt: skip
"""What people write in all innocence. None of it meets a rule, except where TOO_MUCH says so."""

TOO_MUCH = {
    "nude-free is no word": "nude",  # a hyphen parts words, so this has the word in it
    "she'll ass-": "ass",
    "vitamin A s s": "ass",  # spelt out, by accident
    "f all": "fall",
    "1,488 people": "1488",
}
"""Innocents that are met all the same, and by which rule: an exception helps."""


def disguises_table() -> str:
    """Some of what is seen through, and all that is not."""
    kinds = ("nаkеd", "ɴᴀᴋᴇᴅ", "n̷a̷k̷e̷d̷", "n4ked", "n*ked", "n a k e d", "n.a.k.e.d", "nake d", "naaaaked", "nnaakkeedd")
    seen = [f"| `{prompt}` | `{CAUGHT[prompt]}` |" for prompt in kinds]
    unseen = [f"| `{prompt}` | nothing |" for prompt, found in CAUGHT.items() if found is None]
    too_much = [f"| `{prompt}` | `{found}`, in all innocence |" for prompt, found in TOO_MUCH.items()]
    return "\n".join(("| written | what finds it |", "| --- | --- |", *seen, *unseen, *too_much))
