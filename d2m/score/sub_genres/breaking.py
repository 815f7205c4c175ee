"""Music for breaking: breakbeat funk, Latin rock and electro."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

BREAKBEAT_FUNK = grammars.SubGenre(
    name="Breakbeat funk",
    note=(
        "A live break: bass drum on 1 and around the 'and' of 3, ghost notes between loud "
        "backbeats, horns over one chord. 16ths swing 52 to 56 % (5 to 16 ms at 112 BPM); the "
        "snare lies back 6 ms."
    ),
    scales="dorian; mixolydian; dorian",
    swing_percent=(52.0, 56.0),
    delays_ms={"snare": 6.0, "ghosts": 4.0, "bass": 2.0, "hats": -2.0, "hook": 5.0},
    looseness_ms=5.0,
    progressions=(
        "1:9 | 1:9 | 1:9 | 4:9; 1:9 | 4:9 | 1:9 | 4:9; 1:9 | 1:9 | 4:9 | 1:9; "
        "1:7 | 1:7 | 1:7 | b3:maj b7:maj; 1:9 | 4:9 | 1:9 | 5:dom7#9"
    ),
    drops=(
        "1:9 | b7:maj | 4:9 | 1:9; 1:9 | b3:maj | 4:9 | 5:dom7#9; 4:9 | 1:9 | 4:9 | 5:dom7#9; "
        "1:9 | 1:9 | b7:maj | 4:9 5:dom7#9"
    ),
    breaks="4:9; 1:7sus; 4:9 | 4:9 | 5:7 | 5:7; 1:9 | 1:9 | b7:maj | b7:maj",
    turnarounds="5:dom7#9; b7:maj 5:dom7#9; b6:dom9 5:dom7#9; 4:9 5:7sus",
    drums=grammars.DrumGrammar(
        kicks=(
            "X.X....2.4X4..3.X.7....46.X..52. X.7....35.X6....X.X....36.X..4.. "
            "X..5..2.6.X..5..X..7....7.X..4.. X.X...4.5.X.2...X.5..3.36.X4.2.. X.....X.X.X4..3."
        ),
        kick_count=(2, 5),
        backbeats=(
            "snare ....X.......X... + clap ....o.......o...; "
            "snare ....X.......X..7....X..4....X...; snare ....X..3....X.......X....4..X..5"
        ),
        ghosts=".2.3..28.7.3..15",
        hats=(
            "hat X.x.X.x.X.x.X.x.; hat X.x.X.x.X.x.X.O.; hat X3x2X3x2X3x2X3x4; hat X.x.X.O.X.x.X.x."
        ),
        drop_hats="ride X.x.X.x.X.x.X.x.; hat XoxoXoxoXoxoXoxo; hat X.x.X.x.X.O.X.O.",
        busy_hats="hat .o.o.o.o.o.o.o.o; hat .4.o.4.o.4.o.4.o",
        extra_kick="...3..43.3.4..5.",
        percussion=(
            "tambourine ..o.X.o...o.X.o.; cowbell X...x...X...x...; "
            "conga ..x...xx..x...xx + tumba x......4x......4"
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine xoxoXoxoxoxoXoxo",
        break_drums=(
            "hat X.o.x.o.X.o.x.o. + rim ....x..3....x..4 + kick X.........5.....; conga "
            "..x..xx...x..xx. + tumba X...x...X...x... + tambourine ....x.......x..."
        ),
        fills="acoustic",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R..4.6R...x3.5x4R..5.5x...x5.3xA R.5..xx...R.3x.4R.5..xx..x.x.x.A "
            "R.R..4.x..x4.x..R.R..x.3.x.x.xx."
        ),
        drop_rhythms="R.xx.4xx..R4.xx3R.xx.4xx.xx3.xxA R.U..xR.x.xU.xx.R.U..xR.x.xxU.xA",
        break_rhythms="R.......R.....x. R.....x......... R..x............R..x..x.........",
        busy="...4...4.4.4..4.",
        tones="RRRUFSSU",
        lock=0.6,
        gate=0.72,
        longest=4,
        approach=0.6,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x..x....x..x.. ..x.....x..x.... ....x..x....x..x ..xx..x...xx..x.",
        drop_rhythms="..x.x..x..x.x..x ..xx.xx...xx.xx. x..x..x.x..x..x.",
        break_rhythms="x=======........ ..x.......x.....",
        low=52,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.ox.oxo.ox.oxox ..xo.xo...xo.xo. xoxo.xoxxoxo.xo.",
        voices=2,
        low=60,
        high=76,
        velocity=70,
    ),
    hook=grammars.HookGrammar(
        cells="x.x..x== ..x.x.x= x..x..x. x=..x.xx .x.x.x== xx.x.... x==.x=x.",
        leaps=0.2,
        repeats=0.3,
        velocity=96,
        gate=0.8,
    ),
    instruments={
        "kit": "kit_funk",
        "bass": "finger_bass finger_bass slap_bass",
        "chords": "organ clavinet clean_guitar electric_piano",
        "riff": "muted_guitar clavinet muted_guitar",
        "hook": "brass alto_sax trumpet",
        "response": "brass organ alto_sax clean_guitar",
        "stab": "brass",
    },
    full_energy=0.68,
)

LATIN_BREAK = grammars.SubGenre(
    name="Latin rock break",
    note=(
        "Congas, cowbell and claves drive a rock backbeat; the bass plays a tumbao that ties over "
        "the bar line, a piano or guitar a montuno. Nearly straight (50 to 52 %, at most 5 ms at "
        "112 BPM); percussion pushes 3 ms ahead."
    ),
    scales="dorian; minor; dorian",
    swing_percent=(50.0, 52.0),
    delays_ms={"percussion": -3.0, "busy_percussion": -3.0, "snare": 4.0, "hook": 4.0},
    looseness_ms=5.5,
    progressions=(
        "1:7 | 4:7 | 1:7 | 4:7; 1:7 4:7 | 1:7 4:7; 1:min | b7:maj | b6:maj | 5:dom7; "
        "1:7 | 1:7 | b7:maj | b7:maj"
    ),
    drops=(
        "1:7 4:7 | 1:7 5:dom7; 1:min b7:maj | b6:maj 5:dom7; 4:7 | 1:7 | 4:7 | 5:dom7; "
        "1:7 | b3:maj | 4:7 | 5:dom7"
    ),
    breaks="4:7 | 4:7 | 1:7 | 1:7; b6:maj7 | b6:maj7 | 5:7sus | 5:dom7; 1:7",
    turnarounds="5:dom7; b6:maj 5:dom7; b2:dom7 5:dom7",
    drums=grammars.DrumGrammar(
        kicks="X..4..X.X..3..5. X.....X.X..5..X. X..X....X.3...5.X..5..X.X.....4.",
        kick_count=(2, 5),
        backbeats="snare ....X.......X...; snare ....X.......X.......X..4....X.3.",
        ghosts="..2..3.5.2.5..34",
        hats="hat X.x.X.x.X.x.X.x.; ride X.xxX.xxX.xxX.xx",
        drop_hats="ride X.x.X.xxX.x.X.xx; hat XoxoXoOoXoxoXoOo",
        busy_hats="hat .o.o.o.o.o.o.o.o",
        extra_kick="...4..43.3.4..5.",
        percussion=(
            "conga x.oxx.o.x.oxx.o. + tumba ......xx......xx + cowbell X...X...X...X...; conga "
            "..x...x...x...x4 + tumba ......xX......xX + claves X..X..X...X.X...; conga "
            "oxo.oxo.oxo.oxo. + tumba ...x...x...x..xx + claves ..X.X...X..X..X."
        ),
        busy_percussion=(
            "shaker xoxoxoxoxoxoxoxo + cowbell ..x...x...x.x.x.; tambourine x.oxx.oxx.oxx.ox"
        ),
        break_drums=(
            "conga x.oxx.o.x.oxx.o. + tumba X...X.xxX...X.xx + claves X..X..X...X.X...; shaker "
            "X.x.X.x.X.x.X.x. + tumba X...x...X...x.xx + cowbell x...x...x...x..."
        ),
        fills="latin",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R.....F.....U...R..4..F.....U... R..F..U.....R.x.R..F..U.....x.A. "
            "R..R..F.U.....x.R..R..F.U...F.A."
        ),
        drop_rhythms="R..F..U.R..F..UAR..F..U.R..F..xA R.R.F.U.R.R.F.A.",
        break_rhythms="R.......F....... R.....F.....U...",
        busy="..3..3...3...3..",
        tones="RRFFU",
        lock=0.3,
        gate=0.8,
        longest=6,
        approach=0.5,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x..x..x..x..x. x..x..x...x.x... x.x..x.xx.x..x.x",
        drop_rhythms="x.xx.xx.x.xx.xx. ..xx..xx..xx.xxx",
        break_rhythms="x=======x======= x..x..x...x.x...",
        low=52,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.xx.xx.xx.xx.xx x..xx.x..xx.x.x. x.x.xx.x.xx.x.xx",
        voices=1,
        low=61,
        high=79,
        velocity=72,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x..x..x= ..x=x=x= x.x.x=== x=x=..x= xxx.x===", velocity=94
    ),
    instruments={
        "kit": "kit_funk",
        "bass": "finger_bass finger_bass",
        "chords": "organ electric_piano clean_guitar",
        "riff": "grand_piano nylon_guitar marimba",
        "hook": "brass distorted_guitar flute trumpet",
        "response": "brass organ flute",
        "stab": "brass",
    },
    full_energy=0.66,
)

ELECTRO_BREAK = grammars.SubGenre(
    name="Electro",
    note=(
        "A drum machine's syncopated bass drum against claps on 2 and 4, cowbell and 16th hats, "
        "octave synth bass and a square lead in minor. Straight (50 %); tight (2 ms)."
    ),
    scales="minor; dorian; phrygian; minor",
    swing_percent=(50.0, 50.0),
    delays_ms={"snare": 0.0, "hook": 2.0},
    looseness_ms=1.5,
    progressions=(
        "1 | 1 | 1 | 7:maj; 1 | 1 | 6:maj | 7:maj; 1:7 | 1:7 | 4:7 | 4:7; 1 | b7:maj | 1 | b6:maj"
    ),
    drops=("1 | 6:maj | b7:maj | 1; 1 | b7:maj | b6:maj | b7:maj; 4:min | 1 | b6:maj | b7:maj"),
    breaks="6:maj; 1:sus2; 4:min | 4:min | 6:maj | 6:maj",
    turnarounds="b7:maj; b6:maj b7:maj; 5:min b7:maj",
    drums=grammars.DrumGrammar(
        kicks=(
            "X.....X...X3.... X..5..X...X..3.. X.....X...3.....X..X..X...4..... "
            "X.X...4...X.....X.....X...X..4.."
        ),
        kick_count=(2, 5),
        backbeats=(
            "clap ....X.......X... + snare ....x.......x...; snare ....X.......X..4; "
            "clap ....X.......X.......X.......X.3x"
        ),
        ghosts=".......2......24",
        hats="hat X.x.X.x.X.x.X.x.; hat XoxoXoxoXoxoXoxo; hat X.x.X.O.X.x.X.O.",
        drop_hats="hat XoOoXoOoXoOoXoOo; hat XoxoXoOoXoxoXoOo",
        busy_hats="hat .o.o.o.o.o.o.o.o; hat ...x...x...x..xx",
        extra_kick="..33...4..34..43",
        percussion=(
            "cowbell x..x..x...x.x...; cowbell ..x..x..x..x..x.; rim ...x..x....x..x. + cowbell "
            "X...x.......x..."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; conga ..x..x....x..xx. + tumba ...x...x...x...x",
        break_drums=(
            "hat X.o.x.o.X.o.x.o. + cowbell x..x..x...x.x... + clap ............x...; hat "
            "XoooxoooXoooxooo + rim ....x.......x..."
        ),
        fills="electronic",
    ),
    bass=grammars.BassGrammar(
        rhythms="R.UxR.Ux..R.U.x. R.R.U.R.R.U.R.x. R..R..U.R..R..U. R.xxR.x.R.xxR.xA",
        drop_rhythms="RRURRRURRRURRRUA R.URR.URR.URR.UR RxURRxURRxURRxUA",
        break_rhythms="R=======........ R.......R.....x.",
        busy=".4.4.4.4.4.4.4.4",
        tones="RRUUFS",
        lock=0.4,
        gate=0.6,
        longest=3,
        approach=0.35,
    ),
    comp=grammars.CompGrammar(
        rhythms="x..x..x......... x=====..x=====.. ....x.......x... x..x..x...x.x...",
        drop_rhythms="x..x..x.x..x..x. x.x..x..x.x..x..",
        break_rhythms="x===============",
        voices=3,
        low=52,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxoxoxoxoxoxoxo x.xx.x.xx.xx.x.x ..x.x.xx..x.x.xx",
        voices=1,
        low=58,
        high=81,
        velocity=66,
        in_groove=False,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x.x.x.x. x==x=x== x======= ..x=x=x= xx.xx.x. x===x===",
        leaps=0.3,
        velocity=90,
        gate=0.85,
    ),
    instruments={
        "kit": "kit_electro kit_808",
        "bass": "synth_bass fm_bass",
        "chords": "synth_brass super_saw fm_piano",
        "pad": "synth_pad choir",
        "riff": "pluck square_lead",
        "hook": "square_lead super_saw fm_bell",
        "response": "pluck sine_lead fm_bell",
        "stab": "orchestra_hit synth_brass",
    },
    full_energy=0.65,
)

BREAK_SUB_GENRES = (BREAKBEAT_FUNK, LATIN_BREAK, ELECTRO_BREAK)
"""Models of the style ``break``."""
