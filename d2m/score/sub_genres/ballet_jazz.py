"""Music for ballet jazz: contemporary strings, jazz ballad and neoclassical pulse."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

CONTEMPORARY = grammars.SubGenre(
    name="Contemporary strings",
    note=(
        "Cinematic and lyrical: broken piano chords in eighths, cello or violin melody in long "
        "notes, add-ninth and slash chords, soft drums that only keep the beat. Straight (50 to 51 "
        "%); strings speak 15 ms late."
    ),
    scales="minor; major; minor",
    swing_percent=(50.0, 51.0),
    delays_ms={"hook": 15.0, "pad": 5.0, "response": 12.0, "chords": 4.0},
    looseness_ms=9.0,
    progressions=(
        "1:add9 | 6:maj7 | 3:add9 | 7:maj; 6:add9 | 4:maj7 | 1:add9 | 5; "
        "1:add9 | 5/7 | 6:7 | 4:add9; 4:add9 | 1/3 | 2:7 | 5:sus4; 1:add9 | 3:7 | 4:add9 | 4:min"
    ),
    drops=(
        "4:add9 | 5 | 6:7 | 3:7; 4:add9 | 1/3 | 5:sus4 | 5; 6:add9 | 3:7 | 4:add9 | 1/3; "
        "1:add9 | 5/7 | 4/6 | 5:sus4"
    ),
    breaks="4:add9 | 4:add9 | 6:7 | 6:7; 2:7 | 2:7 | 4/5 | 5; 6:add9 | 6:add9 | 4:add9 | 4:add9",
    turnarounds="5:sus4 5; 4/5; 4:add9 5; b6:maj7 b7:maj",
    drums=grammars.DrumGrammar(
        kicks="X.........3..... X.......x....... X.....4.X....... X..............4X.......X.......",
        kick_count=(1, 3),
        backbeats=(
            "rim ....x.......x...; snare ....o.......o...; snap ....x.......x...; snare "
            "............x... + rim ....x..........."
        ),
        ghosts="......1.......12",
        hats=(
            "shaker X.o.X.o.X.o.X.o.; hat x.o.x.o.x.o.x.o.; ride X...x...X...x...; triangle "
            "X...x...X...x..."
        ),
        drop_hats="ride X.x.X.x.X.x.X.x.; hat X.x.X.x.X.x.X.xo; shaker XoxoXoxoXoxoXoxo",
        busy_hats="shaker oooooooooooooooo; hat ..o...o...o...o.",
        extra_kick="......2.2.3...2.",
        percussion=(
            "triangle x...............; tom_low X.......x.......; bell x...............; "
            "tambourine ....o.......o..."
        ),
        busy_percussion="tom_low X..x..x.X..x..x.; shaker xoxoxoxoxoxoxoxo",
        break_drums=("shaker x...x...x...x...; triangle X...x...x...x..."),
        fills="brushes",
    ),
    bass=grammars.BassGrammar(
        rhythms="R=======R======= R===========x=== R=======x======= R=============x=",
        drop_rhythms="R=======R===x=== R=====R=R===x=== R===R===R===x=x=",
        break_rhythms="R===============",
        tones="RRFFU",
        lock=0.0,
        gate=1.0,
        longest=16,
        approach=0.4,
    ),
    comp=grammars.CompGrammar(
        rhythms="x.x.x.x.x.x.x.x. x.x.xxx.x.x.xxx. x..xx.x.x..xx.x. x.x.x.x.x...x.x.",
        drop_rhythms="xxxxxxxxxxxxxxxx x.xxx.xxx.xxx.xx xxx.xxx.xxx.xxx.",
        break_rhythms="x...x...x...x... x=======x======= x.x.x.x.........",
        texture="arpeggio",
        low=50,
        high=77,
        velocity=66,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.x.x.x.x.x.x.x. x..x..x.x..x..x.",
        voices=1,
        low=59,
        high=81,
        velocity=56,
        in_groove=False,
    ),
    hook=grammars.HookGrammar(
        cells="x===x=== x======= x=====x= ..x=x=== x===x=x= x==x==== ...x=x==",
        pentatonic=False,
        leaps=0.32,
        repeats=0.1,
        velocity=84,
        gate=1.0,
    ),
    instruments={
        "kit": "kit_brush kit_jazz",
        "bass": "upright_bass finger_bass",
        "chords": "grand_piano harp nylon_guitar",
        "pad": "strings",
        "riff": "pizzicato harp",
        "hook": "violin cello flute",
        "response": "cello clarinet violin grand_piano",
        "stab": "strings grand_piano",
    },
    full_energy=0.72,
    final="1:add9",
)

JAZZ_BALLAD = grammars.SubGenre(
    name="Jazz ballad",
    note=(
        "Brushes, upright bass in half notes, piano or guitar with ii-V-I and tritone substitutes, "
        "a breathy solo horn. 8ths swing 56 to 61 % (46 to 85 ms at 78 BPM); horn lies back 20 ms."
    ),
    scales="major; major; minor",
    swing_percent=(56.0, 61.0),
    swing_steps=2,
    delays_ms={"hook": 20.0, "response": 14.0, "chords": 8.0, "bass": 4.0},
    looseness_ms=9.0,
    progressions=(
        "1:maj9 | 6:min7 | 2:min9 | 5:dom13; 2:min9 | 5:dom7b9 | 1:maj9 | 6:dom7b9; "
        "4:maj9 | 4:min7 | 3:min7 | 6:dom7; 1:maj9 | 3:min7 | 4:maj9 | 5:7sus; "
        "1:maj9 | b2:dom9 | 1:maj9 | 5:dom13"
    ),
    drops=(
        "4:maj9 | 5:dom7 | 3:min7 | 6:min7; 2:min9 | 3:min7 | 4:maj9 | 5:dom13; "
        "4:maj9 | 4:min7 | 1:maj9 | 6:dom7b9; 6:min9 | 2:dom9 | 2:min9 | 5:dom13"
    ),
    breaks=(
        "4:maj9 | 4:maj9 | 1:maj9 | 1:maj9; 2:min9 | 2:min9 | 5:7sus | 5:dom7b9; 6:min9 | 4:maj9"
    ),
    turnarounds="2:min9 5:dom13; b2:dom9 5:dom13; b6:maj7 b2:maj7; 5:7sus 5:dom7b9",
    drums=grammars.DrumGrammar(
        kicks="o.......o....... o.........o..... o.....3.o....... o...o...o...o...",
        kick_count=(1, 4),
        backbeats=(
            "snare ....x.......x...; rim ....x.......x...; snare ....o.......x... + pedal "
            "....x.......x..."
        ),
        ghosts="..3...3...3...3.",
        hats=(
            "ride X...X.x.X...X.x.; ride X...x...X...x.x. + pedal ....x.......x...; hat "
            "x...X.o.x...X.o."
        ),
        drop_hats="ride X.x.X.x.X.x.X.x.; ride X...X.x.X...X.x. + pedal ....x.......x...",
        busy_hats="ride ..o...o...o...o.; shaker o.o.o.o.o.o.o.o.",
        extra_kick="..2...2...2...3.",
        percussion="triangle x...............; bell ............x...; shaker o...x...o...x...",
        busy_percussion="shaker x.o.x.o.x.o.x.o.; tambourine ....o.......o...",
        break_drums="pedal o...X...o...X...; ride X...x...X...x...",
        fills="brushes",
        sixteenths=False,
    ),
    bass=grammars.BassGrammar(
        rhythms="R=======F======= R=======x===x=== R=====x=R===x=.. R===========x=A=",
        drop_rhythms="R===x===x===x=A= R=====x=F===x=A= R===F===R===x=x=",
        break_rhythms="R=============== R=======R=======",
        tones="FTSRU",
        lock=0.0,
        gate=0.97,
        longest=8,
        approach=0.9,
    ),
    comp=grammars.CompGrammar(
        rhythms="x=======..x===.. x=====x===....x= ..x=====..x===.. x===x=..x=====..",
        drop_rhythms="x===x=x=x===x=x= x=..x=..x=..x=.. ..x=x=....x=x===",
        break_rhythms="x===============",
        low=50,
        high=72,
        velocity=64,
    ),
    riff=None,
    hook=grammars.HookGrammar(
        cells="x===x=x= ..x=x=== x======= x=x=x=== ..x=x=x= x=====x= x=x=..x=",
        pentatonic=False,
        leaps=0.35,
        repeats=0.08,
        octave=False,
        velocity=82,
        gate=1.0,
    ),
    instruments={
        "kit": "kit_brush kit_brush kit_jazz",
        "bass": "upright_bass",
        "chords": "grand_piano electric_piano jazz_guitar",
        "pad": "strings",
        "hook": "alto_sax muted_trumpet clarinet flute",
        "response": "vibraphone jazz_guitar grand_piano",
        "stab": "strings grand_piano",
    },
    full_energy=0.72,
    final="1:maj9",
)

NEOCLASSICAL = grammars.SubGenre(
    name="Neoclassical pulse",
    note=(
        "A steady piano ostinato in 16ths or eighths, pizzicato and marimba patterns, slow strings "
        "above, four modal chords that never resolve; pulse by light percussion. Straight (50 %)."
    ),
    scales="minor; lydian; dorian; major",
    swing_percent=(50.0, 50.0),
    delays_ms={"hook": 12.0, "pad": 4.0},
    looseness_ms=6.0,
    progressions=(
        "1:add9 | 1:add9 | 6:maj7 | 6:maj7; 1:add9 | 3:7 | 6:7 | 4:add9; "
        "6:add9 | 3:7 | 4:add9 | 1:add9; 1:sus2 | 5 | 4:add9 | 4:add9; 1:add9 | 2/1 | 1:add9 | 4/1"
    ),
    drops=(
        "6:add9 | 4:add9 | 1:add9 | 5:sus4; 4:add9 | 5 | 3:7 | 6:7; 1:add9 | 5/7 | 6:7 | 3:7; "
        "4:add9 | 1/3 | 6:7 | 5:sus4"
    ),
    breaks="4:add9; 6:7 | 6:7 | 4:add9 | 4:add9; 1:sus2 | 1:sus2 | 4/1 | 4/1",
    turnarounds="5:sus4; 4/5; 5:sus4 5; 4:add9",
    drums=grammars.DrumGrammar(
        kicks="X.......x....... X.....3.X...3... X...x...X...x... X.........X.....",
        kick_count=(1, 4),
        backbeats=(
            "rim ....x.......x...; snap ....x.......x...; rim ....x..3....x..4; clap "
            "....o.......o..."
        ),
        ghosts="...............1",
        hats=(
            "shaker XoxoXoxoXoxoXoxo; hat XoxoXoxoXoxoXoxo; "
            "triangle X...x...X...x... + shaker xoxoxoxoxoxoxoxo"
        ),
        drop_hats="shaker XoxoXoxoXoxoXoxo + ride X...X...X...X...; hat XoxoXoxoXoxoXoOo",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker oooooooooooooooo",
        extra_kick="......3...3...3.",
        percussion=(
            "block x..x..x...x.x...; tom_low X..x..x.X..x..x.; triangle x...x...x...x...; claves "
            "...x..x....x..x."
        ),
        busy_percussion=(
            "tom_low X..x..x.X..x..x. + tom_mid ...x..x....x..x.; shaker xoxoxoxoxoxoxoxo"
        ),
        break_drums="shaker X.o.X.o.X.o.X.o.; triangle X...x...X...x... + rim ....o.......o...",
        fills="brushes",
    ),
    bass=grammars.BassGrammar(
        rhythms="R=======R======= R=====R=====R=== R=============== R===R===R===R===",
        drop_rhythms="R=====R=====R=x= R.R.R.R.R.R.R.R. R=====R=R=====x=",
        break_rhythms="R===============",
        tones="RRRFU",
        lock=0.0,
        gate=0.98,
        longest=16,
        approach=0.25,
    ),
    comp=grammars.CompGrammar(
        rhythms="xoxoxoxoxoxoxoxo xoxxoxxoxoxxoxxo x.xoxox.x.xoxox. xooxooxoxooxooxo",
        drop_rhythms="xoxoxoxoxoxoxoxo xooxooxoxooxooxo XooxXooxXooxXoox",
        break_rhythms="x.x.x.x.x.x.x.x. x...x...x...x...",
        texture="arpeggio",
        low=52,
        high=79,
        velocity=66,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x..x..x...x.x... x..x..x.x..x..x. ..x...x...x...x.",
        voices=1,
        low=59,
        high=81,
        velocity=58,
    ),
    hook=grammars.HookGrammar(
        cells="x======= x===x=== x=====x= x==x==== ....x=== x===x=x= x==x==x=",
        pentatonic=False,
        leaps=0.3,
        repeats=0.12,
        velocity=84,
        gate=1.0,
    ),
    instruments={
        "kit": "kit_brush kit_house kit_jazz",
        "bass": "synth_bass upright_bass finger_bass",
        "chords": "grand_piano marimba harp",
        "pad": "strings synth_pad",
        "riff": "pizzicato marimba kalimba vibraphone",
        "hook": "violin strings cello flute",
        "response": "clarinet cello grand_piano fm_bell",
        "stab": "strings grand_piano",
    },
    full_energy=0.72,
    final="1:add9",
)

BALLET_JAZZ_SUB_GENRES = (CONTEMPORARY, JAZZ_BALLAD, NEOCLASSICAL)
"""Models of the style ``ballet-jazz``."""
