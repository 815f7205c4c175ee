"""Music for LA-style hip-hop: West Coast, trap and R&B for clubs."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

WEST_COAST = grammars.SubGenre(
    name="West Coast",
    note=(
        "Sparse and bouncing: deep bass drum in threes, snap or clap on 2 and 4, staccato piano or "
        "bell figure in minor over bass in fourths, shouted answers. 16ths swing 51 to 54 % (3 to "
        "14 ms at 88 BPM); tight."
    ),
    scales="minor; harmonic minor; phrygian; minor",
    swing_percent=(51.0, 54.0),
    delays_ms={"snare": -3.0, "bass": 2.0, "hook": 2.0},
    looseness_ms=2.0,
    progressions=(
        "1:min | 1:min | 6:maj | 5:dom7; 1:min | 6:maj | 1:min | 7:maj; 1:min; "
        "1:min | b2:maj | 1:min | b2:maj; 1:min 6:maj | 4:min 5:dom7"
    ),
    drops=(
        "6:maj | 7:maj | 1:min | 1:min; 1:min | 6:maj | 4:min | 5:dom7; "
        "4:min | 1:min | 6:maj | 5:dom7; 1:min | b7:maj | b6:maj | 5:dom7"
    ),
    breaks="6:maj; 4:min | 4:min | 6:maj | 5:dom7; 1:min | 1:min | 6:maj | 6:maj",
    turnarounds="5:dom7; b6:maj 5:dom7; b2:maj; b7:maj",
    drums=grammars.DrumGrammar(
        kicks="X..X..4.3.X..... X..X..X...X..4.. X.....X...3X....X..X..X..4X..... X..4..X...X..X..",
        kick_count=(2, 5),
        backbeats=(
            "clap ....X.......X... + snap ....X.......X...; snap ....X.......X... + clap "
            "....x.......x...; clap ....X.......X.......X.......X.x."
        ),
        ghosts="...............2",
        hats="hat X.x.X.x.X.x.X.x.; hat X...X.x.X...X.xo; hat X.x.X.xoX.x.Xxxo",
        drop_hats="hat X.x.X.O.X.x.X.O.; hat XoxoXoxoXoxoXoOo; hat X.O.X.O.X.O.X.O.",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="...4..4..3.4.4..",
        percussion=(
            "snap ..x.....x.....x.; block x..x..x...x.x...; tambourine ....x.......x...; cowbell "
            "..x..x....x....."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; block ..x.x..x..x.x..x",
        break_drums=(
            "snap ....X.......X... + hat x...x...x...x...; hat X.o.x.o.X.o.x.o. + clap "
            "............x..."
        ),
        fills="trap",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R=.R=.R=..R=.... R=.R=.x=..R=..xA R==...R=..R==... R=.x=.R=..x=..A."),
        drop_rhythms="R=.R=.R=..R=.R=. R=.R=.U=..R=.xxA R=xR=.R=.xR=.x=A",
        break_rhythms="R========....... R=======R=======",
        busy="....3...3....4..",
        tones="RRRFUS",
        lock=0.6,
        gate=0.85,
        longest=5,
        approach=0.35,
        low=26,
    ),
    comp=grammars.CompGrammar(
        rhythms="x.x.x.x.x.x.x.x. x..x..x.x..x..x. x...x...x...x... ..x...x...x...x.",
        drop_rhythms="x..x..x...x.x... x.xx..x.x.xx..x. x.x.x.x.x.x.x.xx",
        break_rhythms="x=======x======= x...x...x...x...",
        voices=3,
        low=52,
        high=72,
        velocity=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x..x..x.x..x..x. x.x.x..xx.x.x... x..x..x...x.x...",
        voices=1,
        low=61,
        high=81,
        velocity=70,
    ),
    hook=grammars.HookGrammar(
        cells="x..x..x. x.x.x.x. x==x==x. ..x.x.x. x..x.x.. xx.x.x.. x===....",
        leaps=0.2,
        repeats=0.35,
        velocity=90,
        gate=0.75,
    ),
    instruments={
        "kit": "kit_808",
        "bass": "sub_bass synth_bass",
        "chords": "grand_piano fm_piano pizzicato",
        "pad": "strings choir",
        "riff": "pluck fm_bell pizzicato",
        "hook": "sine_lead square_lead synth_brass",
        "response": "fm_bell brass pluck flute",
        "stab": "synth_brass brass orchestra_hit",
    },
    full_energy=0.64,
)

TRAP_CLUB = grammars.SubGenre(
    name="Trap",
    note=(
        "808 bass in long notes that follow the bass drum, clap on 2 and 4, hats in 16ths with "
        "rolls, dark bells or flute in minor over two chords. Straight (50 %); on the grid, hats 2 "
        "ms early."
    ),
    scales="minor; phrygian; harmonic minor; minor",
    swing_percent=(50.0, 52.0),
    delays_ms={"hats": -2.0, "busy_hats": -2.0, "hook": 3.0},
    looseness_ms=1.5,
    progressions=(
        "1:min | 6:maj; 1:min | 1:min | 6:maj | 7:maj; 1:min | 4:min | 6:maj | 5:min; "
        "1:min | b2:maj; 6:maj | 7:maj | 1:min | 1:min"
    ),
    drops=(
        "1:min | 6:maj | 4:min | 5:dom7; 6:maj | 7:maj | 1:min | 5:min; "
        "1:min | b2:maj | 1:min | b7:maj; 4:min | 6:maj | 1:min | 1:min"
    ),
    breaks="6:maj; 6:maj | 6:maj | 4:min | 4:min; 1:sus2; 4:min | 4:min | 1:min | 1:min",
    turnarounds="5:min; 5:dom7; b7:maj; b6:maj b7:maj",
    drums=grammars.DrumGrammar(
        kicks=(
            "X..4..X...X...3. X.....3..XX..... X..X......X..4..X.....X..4X..... X.....X...4...X. "
            "X.4....X..X....."
        ),
        kick_count=(2, 4),
        backbeats=(
            "clap ....X.......X...; clap ....X.......X... + snare ....x.......x...; snare "
            "....X.......X.......X.......X..x + clap ....x.......x.......x.......x..."
        ),
        ghosts="...............1",
        hats=(
            "hat XoxoXoxoXoxoXoxr; hat X.xoX.rrX.xoXoxo; hat X.x.Xxx.X.x.Xt.x; "
            "hat XoxoX.xrXoxoXoxo; hat XoxoXt.xXoxoXrrr"
        ),
        drop_hats=(
            "hat XoxoXorrXoxoXxrr; hat XoxoXoOoXoxoXoOr; hat XrxoXoxrXoxoXt.x; hat XoxoXrrrXoxoXt.O"
        ),
        busy_hats="hat .x.x.x.x.x.x.x.x; open ..x.......x.....",
        extra_kick="...3...3...4..3.",
        percussion=(
            "snap ....x.......x...; rim ...x..x....x..x.; block ......x.......xx; triangle "
            "x.......x......."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; rim ..x..x.x..x..x.x",
        break_drums=(
            "hat X...x...X...x... + snap ....x.......x...; hat X.o.x.o.X.o.x.o. + clap "
            "............x..."
        ),
        fills="trap",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R=====R===x===.. R=======..R===.A R==x==....R=====R=====..R=U=..A. R========.x==..A"
        ),
        drop_rhythms="R===R=R===R=U=A. R=====R=..R=R==A R==R==U===R=R=A=",
        break_rhythms="R=============== R=======........",
        tones="RRRUF",
        lock=0.75,
        gate=1.0,
        longest=10,
        approach=0.4,
        low=26,
    ),
    comp=grammars.CompGrammar(
        rhythms="x=============== x=======x======= x===..x===..x=== x==.x==.x==.x==.",
        drop_rhythms="x==x==x=x==x==x= x===x===x===x=== x==.x==.x=.x=.x=",
        break_rhythms="x===============",
        voices=3,
        low=52,
        high=72,
        velocity=66,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.x.x.x.x.x.x.x. x..x..x.x..x..x. x.xx.x..x.xx.x..",
        voices=1,
        low=61,
        high=83,
        velocity=64,
        in_groove=False,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x=x=x=x= x======= x==x==.. ..x=x=x= x=x=x=== x=.x=.x= xx=x.x==",
        leaps=0.2,
        repeats=0.28,
        velocity=86,
        gate=0.92,
    ),
    instruments={
        "kit": "kit_808",
        "bass": "sub_bass",
        "chords": "grand_piano fm_piano pluck harp",
        "pad": "choir synth_pad strings",
        "riff": "pluck kalimba fm_bell",
        "hook": "fm_bell flute pluck square_lead",
        "response": "sine_lead choir violin kalimba",
        "stab": "orchestra_hit brass synth_brass",
    },
    full_energy=0.66,
)

RNB_CLUB = grammars.SubGenre(
    name="R&B club",
    note=(
        "Two-thousands club R&B: syncopated bass drum, finger snaps, plucked or harp figures, "
        "ninths and slash chords, melody with runs. 16ths swing 52 to 56 % (7 to 20 ms at 88 BPM); "
        "the snap lies back 5 ms."
    ),
    scales="minor; major; dorian",
    swing_percent=(52.0, 56.0),
    delays_ms={"snare": 5.0, "bass": 3.0, "chords": 4.0, "hook": 8.0, "response": 5.0},
    looseness_ms=3.5,
    progressions=(
        "1:9 | 6:maj7 | 4:7 | 5:7; 6:7 | 4:maj7 | 1:add9 | 5; 4:9 | 3:7 | 6:7 | 1:7; "
        "1:9 | 3:7 | 4:9 | 4:9; 2:9 | 3:7 | 4:9 | 5:7sus"
    ),
    drops=(
        "4:9 | 5 | 3:7 | 6:7; 4:9 | 5:7sus | 6:7 | 3:7; 2:9 | 5:7sus | 1:9 | 6:7; 6:9 | 5 | 4:9 | 5"
    ),
    breaks="4:9; 4:9 | 4:9 | 2:7 | 5:7sus; 6:9 | 6:9 | 4:9 | 4:9",
    turnarounds="4/5; 5:7sus 5; 2:7 3:7; b7:maj 4",
    drums=grammars.DrumGrammar(
        kicks="X..X..X...3..4.. X.....X..X..3... X..X....3.X.4...X..4..X...X..X.. X.4X......X..X..",
        kick_count=(2, 5),
        backbeats=(
            "snap ....X.......X... + clap ....x.......x...; "
            "snare ....X.......X... + snap ....X.......X...; clap ....X.......X.......X.......X..4"
        ),
        ghosts="..........2...23",
        hats=(
            "hat X.x.X.xoX.x.X.xo; hat XoxoXoxoXoxoXoxo; hat X.xxX.x.X.xxX.x.; "
            "shaker XoxoXoxoXoxoXoxo"
        ),
        drop_hats="hat XoxoXoOoXoxoXoOo; hat X.xxX.O.X.xxX.O.; hat XoxoXxrrXoxoXxxr",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="...3..3..4..4..3",
        percussion=(
            "block ..x..x..x..x..x.; conga ..x..x....x..xx. + tumba ...x.......x....; triangle "
            "..x...x...x...x.; rim ...x..x...x..x.."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine ..x...x...x...x.",
        break_drums=(
            "snap ....X.......X... + shaker X.o.X.o.X.o.X.o.; hat X.o.x.o.X.o.x.o. + snap "
            "....x.......x..."
        ),
        fills="trap",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R==R==R=..x=..xA R=====R=.x=..x=A R==x==..R=x=..xA R=.R=.x=..R=x=.A"),
        drop_rhythms="R==R==R=x==R=x=A R=.R=.U=R=.x=.xA R==x==R=.xR=x=xA",
        break_rhythms="R=============== R=======x=======",
        busy="....3...3....3..",
        tones="RRRFUS",
        lock=0.6,
        gate=0.92,
        longest=6,
        approach=0.5,
        low=26,
    ),
    comp=grammars.CompGrammar(
        rhythms="x=====x=====x=== x==x==x=....x=.. ..x=..x=..x=..x= x===....x=x=....",
        drop_rhythms="x==x==x=x==x==x= x=.x=.x=x=.x=.x= x==x==..x=x=x==.",
        break_rhythms="x=============== x=======x=======",
        velocity=70,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.x..x..x.x..x.. xx.x..x.xx.x.... x..x.x..x..x.xx.",
        voices=1,
        low=59,
        high=81,
        velocity=66,
    ),
    hook=grammars.HookGrammar(
        cells="x=x=x=== ..x=xx== x==x.x== xx=x=... x===..xx .xx=x=== x==x==x=",
        pentatonic=True,
        leaps=0.25,
        velocity=86,
        gate=0.92,
    ),
    instruments={
        "kit": "kit_808 kit_boombap",
        "bass": "sub_bass synth_bass",
        "chords": "electric_piano fm_piano clean_guitar",
        "pad": "synth_pad strings",
        "riff": "harp pluck nylon_guitar",
        "hook": "sine_lead flute pluck alto_sax",
        "response": "fm_bell clean_guitar kalimba electric_piano",
        "stab": "synth_brass brass",
    },
    full_energy=0.64,
    final="1:add9",
)

LA_HIP_HOP_SUB_GENRES = (WEST_COAST, TRAP_CLUB, RNB_CLUB)
"""Models of the style ``la-hip-hop``."""
