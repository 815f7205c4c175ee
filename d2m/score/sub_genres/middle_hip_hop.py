"""Music for middle-school hip-hop: boom bap, jazz-rap and golden-age party hip-hop."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

BOOM_BAP = grammars.SubGenre(
    name="Boom bap",
    note=(
        "Sampled drums, hard and late: bass drum in pairs around 3, cracking snare, swung hats, a "
        "dusty two-bar loop of piano or vibraphone, few bass notes. 16ths swing 56 to 61 % (19 to "
        "35 ms at 94 BPM); the snare lies back 10 ms."
    ),
    scales="minor; dorian; minor",
    swing_percent=(56.0, 61.0),
    delays_ms={"snare": 10.0, "ghosts": 8.0, "bass": 6.0, "chords": 8.0, "hook": 8.0},
    looseness_ms=6.0,
    progressions=(
        "1:9 | 6:maj7; 1:7 | 4:7; 1:9 | 1:9 | 4:7 | 5:min7; 1:7 | 6:maj7 | 4:7 | 5:7; "
        "1:9 | 7:maj | 6:maj7 | 5:7; 1:9 | 2:hdim7 5:dom7"
    ),
    drops=(
        "6:maj7 | 5:min7 | 1:9 | 1:9; 4:7 | 5:7 | 1:9 | 6:maj7; 1:9 | b3:maj7 | b6:maj7 | 5:dom7; "
        "4:9 | 1:9 | 6:maj7 | 5:dom7"
    ),
    breaks="6:maj7; 4:7 | 4:7 | 6:maj7 | 5:7; 1:9/5; 6:maj7 | 6:maj7 | 4:7 | 4:7",
    turnarounds="5:dom7; 2:hdim7 5:dom7; 6:maj7 5:7; 4:7 5:7",
    drums=grammars.DrumGrammar(
        kicks=(
            "X..4...2.XX..... X.......2.X4...3X..5...X.4X..... X.4.....X.X..5.. "
            "X......X..X3....X..4......X..X.. X..X....3.X..4.."
        ),
        kick_count=(2, 4),
        backbeats=(
            "snare ....X.......X...; snare ....X.......X.......X.......X..3; snare "
            "....X.......X... + rim ....x.......x..."
        ),
        ghosts="...2..3..3.2...3",
        hats=(
            "hat X.x.X.x.X.x.X.x.; hat X.x.X.x2X.x.X.x3; hat X.x.X.O.X.x.X.x.; hat X.xoX.x.X.xoX.x."
        ),
        drop_hats="hat X.x.X.x.X.x.X.O.; ride X.x.X.x.X.x.X.x.; hat X.xoX.xoX.xoX.xo",
        busy_hats="hat ...o...o...o...o; shaker ..o...o...o...o.",
        extra_kick="...3...3.3...4..",
        percussion=(
            "tambourine ....x.......x...; shaker ..x...x...x...x.; conga ...x..x....x..x.; bell "
            "......x.......x."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine ..x...x...x...x.",
        break_drums=(
            "hat X.o.x.o.X.o.x.o. + rim ....x.......x...; shaker X.o.X.o.X.o.X.o. + kick "
            "X.........X....."
        ),
        fills="hip-hop",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R=....x.3.R=..xAR=....x...R=.xxA R==.....x.R=....R==...x.x.R=..xA "
            "R=x....R..R=..x.R=x....R..R=.xxA R.....xR=...x..A"
        ),
        drop_rhythms="R=..x.xR..R=.xxA R=x...xR.xR=.xxA R=...xxR=.R=.x.A",
        break_rhythms="R=====.......... R======....R====",
        busy="....3...3....4..",
        tones="RRRFSU",
        lock=0.6,
        gate=0.9,
        longest=5,
        approach=0.55,
    ),
    comp=grammars.CompGrammar(
        rhythms="x=====x=....x=.. x==.x==.x=..x=.. x======.....x==. ..x=..x=..x=..x=",
        drop_rhythms="x==.x==.x==.x==. x=.x=.x=x=.x=.x= x==x==..x==x==..",
        break_rhythms="x=============== x=======x======.",
        velocity=70,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.x..x..x.x...x. x..x..x.x....x.. ..x.x..x..x.x... x.x.x..x........",
        voices=1,
        low=59,
        high=79,
        velocity=66,
    ),
    hook=grammars.HookGrammar(
        cells="x=.x==.. x==x.x=. ..x=x=x= x.xx==.. x===.xx. x..x==.. x=x=x==.",
        leaps=0.28,
        octave=False,
        velocity=84,
    ),
    instruments={
        "kit": "kit_boombap",
        "bass": "upright_bass finger_bass sub_bass",
        "chords": "electric_piano grand_piano jazz_guitar",
        "pad": "strings",
        "riff": "vibraphone grand_piano jazz_guitar pizzicato",
        "hook": "muted_trumpet flute vibraphone alto_sax",
        "response": "alto_sax jazz_guitar vibraphone muted_trumpet",
        "stab": "brass orchestra_hit",
    },
    full_energy=0.66,
    final="1:9",
)

JAZZ_RAP = grammars.SubGenre(
    name="Jazz-rap",
    note=(
        "Upright bass in long walking phrases, electric piano or jazz guitar with ninths, ride and "
        "rim; softer and more swung than boom bap. 16ths swing 58 to 63 % (26 to 41 ms at 94 BPM); "
        "everything but the ride lies back 6 to 12 ms."
    ),
    scales="dorian; major; dorian",
    swing_percent=(58.0, 63.0),
    delays_ms={"snare": 9.0, "bass": 6.0, "chords": 9.0, "hook": 12.0, "response": 9.0},
    looseness_ms=6.5,
    progressions=(
        "1:9 | 4:9; 2:9 | 5:dom13 | 1:9 | 1:9; 1:9 | 2:9 | 1:9 | 2:9; 4:9 | 3:7 | 2:9 | 1:9; "
        "1:9 b7:maj7 | b6:maj7 5:dom7"
    ),
    drops=(
        "4:9 | 5:7 | 3:7 | 6:7; b6:maj7 | 5:dom7 | 1:9 | 4:9; 2:9 | 5:dom13 | 1:9 | 6:dom7b9; "
        "4:9 | 3:7 | 2:9 | 5:dom13"
    ),
    breaks="4:9; 2:9 | 2:9 | 5:7sus | 5:7sus; 4:9 | 4:9 | 1:9 | 1:9",
    turnarounds="2:9 5:dom13; b2:maj7 1:9; 2:9 5:7sus; 4:9 5:dom7",
    drums=grammars.DrumGrammar(
        kicks="X......3..X..4.. X..X....2.X..... X.....2X..X....4X..3....X.X..... X.......4.X..X..",
        kick_count=(2, 4),
        backbeats=(
            "rim ....X.......X...; snare ....X.......X...; rim ....X.......X..4....X..3....X...; "
            "snare ....x.......x... + snap ....x.......x..."
        ),
        ghosts="..2..3.3.3.2..34",
        hats=(
            "ride X.x.X.xoX.x.X.xo; hat X.x.X.xoX.x.X.xo; ride X...X.xoX...X.xo + pedal "
            "....x.......x..."
        ),
        drop_hats="ride X.xoX.xoX.xoX.xo; hat X.x.X.xoX.x.X.Oo; ride X.x.X.xoX.xoX.xo",
        busy_hats="hat ...o...o...o...o; shaker ..o...o...o...o.",
        extra_kick="...3...3....4..3",
        percussion=(
            "shaker ..x...x...x...x.; conga ..x..x....x..x.. + tumba ...x.......x....; bell "
            "x...............; triangle ......x........."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; conga ..x..xx...x..xx.",
        break_drums=(
            "ride X...x...X...x... + rim ....x.......x...; pedal x...X...x...X... + snap "
            "....x.......x..."
        ),
        fills="brushes",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R==.x==.R=..x=xA R=...x=.x==.x=.A R==.x=.xR==.x=xA R==...x=R==.x=.A"),
        drop_rhythms="R=xxx=.xR=x.x=xA R==.x=xxR=.xx=xA R=.xx=x.R=.xx=xA",
        break_rhythms="R=======R======= R===....x===....",
        busy="..3....3..3....3",
        tones="RTFFSU",
        lock=0.3,
        gate=0.9,
        longest=4,
        approach=0.75,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x==...x=..x... x===..x==...x=.. ...x=..x==...x=. x==...x=..x==...",
        drop_rhythms="x=.x==..x=.x==.x ..x=.x=...x=.x=. x==.x=.xx==.x=..",
        break_rhythms="x=============== x=======..x=====",
        velocity=70,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="..x.x..x..x..... x..x..xx........ ..xx..x...x..x..",
        voices=2,
        low=62,
        high=80,
        velocity=62,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==xx ..x=xxx= x=xx=x== ..xxx==. x===..xx xx=x=x=. .xx=x===",
        pentatonic=False,
        leaps=0.3,
        repeats=0.12,
        octave=False,
        velocity=84,
    ),
    instruments={
        "kit": "kit_jazz kit_boombap kit_brush",
        "bass": "upright_bass",
        "chords": "electric_piano jazz_guitar grand_piano",
        "pad": "strings",
        "riff": "jazz_guitar vibraphone",
        "hook": "muted_trumpet alto_sax flute clarinet",
        "response": "vibraphone alto_sax jazz_guitar",
        "stab": "brass electric_piano",
    },
    full_energy=0.64,
    final="1:9",
)

GOLDEN_AGE = grammars.SubGenre(
    name="Golden-age party",
    note=(
        "Faster late-eighties hip-hop and new jack swing: busy bass drum in swung 16ths, layered "
        "snare and clap, synth brass hits, chanting one-bar hooks. 16ths swing 59 to 64 % (29 to "
        "45 ms at 94 BPM); tight otherwise."
    ),
    scales="minor; dorian; minor",
    swing_percent=(59.0, 64.0),
    delays_ms={"snare": 3.0, "bass": 2.0, "hook": 3.0},
    looseness_ms=3.0,
    progressions=(
        "1:7 | 1:7 | 4:7 | 5:7; 1:9 | 7:maj | 6:maj7 | 7:maj; 1:7 7:maj | 6:maj 7:maj; "
        "6:maj7 | 7:maj | 1:7 | 1:7; 1:7 | 1:7 | b7:maj | 4:7"
    ),
    drops=(
        "6:maj7 | 7:maj | 5:min7 | 1:9; 4:7 | 5:7 | 6:maj7 | 7:maj; 1:9 | b3:maj7 | 4:7 | 5:dom7; "
        "6:maj | 7:maj | 1:min | 1:min"
    ),
    breaks="6:maj7; 4:7 | 4:7 | 5:7 | 5:7; 6:maj7 | 7:maj",
    turnarounds="5:dom7#9; 6:maj 7:maj; 4:7 5:7; 7:maj",
    drums=grammars.DrumGrammar(
        kicks="X..X..4...XX..3. X..4..X.X.4X..4. X.X4...X..X..X..X..X..X.4.X..4.. X..X...X.4X..X..",
        kick_count=(3, 6),
        backbeats=(
            "snare ....X.......X... + clap ....X.......X...; snare "
            "....X.......X.......X.......X.3x + clap ....X.......X.......X.......X..."
        ),
        ghosts="...2...5.3.2...5",
        hats="hat X.xoX.xoX.xoX.xo; hat XoxoXoxoXoxoXoxo; hat X.x.X.xoX.x.X.O.",
        drop_hats="hat XoxoXoOoXoxoXoOo; hat X.xoX.O.X.xoX.O.; hat X.OoX.OoX.OoX.Oo",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="..3...3..43.3..4",
        percussion=(
            "tambourine ..o.X.o...o.X.o.; cowbell x..x..x...x.x...; conga ..xx..x...xx..x. + tumba "
            "x......xx......x; block ..x...x.x...x..."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine xoxoXoxoxoxoXoxo",
        break_drums=(
            "hat X.o.x.o.X.o.x.o. + clap ....x.......x...; "
            "snap ....X.......X... + hat X.xoX.xoX.xoX.xo"
        ),
        fills="hip-hop",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R..xR.x..xR..x.A R..R..x.R.xx.x.A R.x...xR..R..xxA R..xU.x.R..xU.xA"),
        drop_rhythms="R.xxR.x.R.xxU.xA R..xRxx.R.xxR.xA R.xRx.xRx.xRx.xA",
        break_rhythms="R=====.......... R..x....R..x....",
        busy=".4..4..4.4..4..4",
        tones="RRUFSS",
        lock=0.5,
        gate=0.7,
        longest=3,
        approach=0.5,
    ),
    comp=grammars.CompGrammar(
        rhythms="x..x..x......... ..x...x...x..x.. x==x==..x==.x... x..x....x..x..x.",
        drop_rhythms="x..x..x.x..x..x. x..x..x...x.x.x. ..x..x.x..x..x.x",
        break_rhythms="x============... x===....x===....",
        velocity=78,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xx.x..x.xx.x.... x.x.xx.xx.x.x... .x.xx..x.x.xx...",
        voices=1,
        low=58,
        high=79,
        velocity=68,
    ),
    hook=grammars.HookGrammar(
        cells="x.xx.x.. x..x..x. x.x.x.x. ..x..xx= x==x.x== xx.xx... x.......",
        leaps=0.25,
        repeats=0.38,
        velocity=92,
        gate=0.8,
    ),
    instruments={
        "kit": "kit_boombap kit_808 kit_electro",
        "bass": "synth_bass slap_bass fm_bass",
        "chords": "fm_piano synth_brass organ",
        "pad": "synth_pad strings",
        "riff": "pluck fm_bell clavinet",
        "hook": "synth_brass square_lead brass fm_bell",
        "response": "fm_bell brass square_lead flute",
        "stab": "orchestra_hit synth_brass brass",
    },
    full_energy=0.64,
)

MIDDLE_HIP_HOP_SUB_GENRES = (BOOM_BAP, JAZZ_RAP, GOLDEN_AGE)
"""Models of the style ``middle-hip-hop``."""
