"""Music for street jazz: pop-jazz, fusion and show tunes."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

POP_JAZZ = grammars.SubGenre(
    name="Pop-jazz",
    note=(
        "Smooth club jazz: electric piano with ninths and slash chords, round bass, crisp backbeat "
        "with snaps, saxophone melody in long lines. 16ths swing 54 to 58 % (12 to 23 ms at 104 "
        "BPM); saxophone lies back 12 ms."
    ),
    scales="major; dorian; minor",
    swing_percent=(54.0, 58.0),
    delays_ms={"hook": 12.0, "snare": 4.0, "bass": 3.0, "chords": 3.0},
    looseness_ms=5.0,
    progressions=(
        "4:9 | 5:7/4 | 3:7 | 6:7; 2:9 | 5:dom13 | 1:9 | 6:7; 1:9 | 3:7 | 4:9 | 4/5; "
        "1:9 | b7:maj9 | 4:9 | 5:7sus; 4:9 3:7 | 2:9 5:7sus | 1:9 | 6:7"
    ),
    drops=(
        "4:9 | 3:7 | 2:9 | 5:7sus; 4:9 | 5:dom7 | 6:9 | 2:dom9; 6:9 | 2:dom9 | 4:9 | 4/5; "
        "2:9 | 3:7 | 4:9 | 5:7sus"
    ),
    breaks="4:9 | 4:9 | 1:9 | 1:9; b6:maj9 | b6:maj9 | b7:maj9 | b7:maj9; 2:9 | 2:9 | 4/5 | 4/5",
    turnarounds="4/5; 2:9 5:dom13; b6:maj9 b7:maj; 5:7sus 5:dom7b9",
    drums=grammars.DrumGrammar(
        kicks="X..4..X...X..4.. X.....XX..3..... X..X....X.X..4..X.....X...X..X.. X......X..X..3..",
        kick_count=(2, 5),
        backbeats=(
            "snare ....X.......X... + snap ....X.......X...; "
            "snap ....X.......X... + rim ....x.......x...; snare ....X.......X..3"
        ),
        ghosts="..2..2.4.4.2..34",
        hats="hat X.xoX.xoX.xoX.xo; hat XoxoXoxoXoxoXoxo; ride X.x.X.xoX.x.X.xo",
        drop_hats=(
            "ride X.xoX.xoX.xoX.xo; hat XoxoXoOoXoxoXoOo; ride X.x.X.x.X.x.X.x. + pedal "
            "....x.......x..."
        ),
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="...3..3..3...4..",
        percussion=(
            "shaker xoxoxoxoxoxoxoxo; conga ..x..xx...x..xx. + tumba ...x.......x....; tambourine "
            "....x.......x...; triangle ..x...x...x...x."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; conga .x.x.xx..x.x.xx.",
        break_drums=(
            "snap ....X.......X... + ride X...x...X...x...; shaker X.o.X.o.X.o.X.o. + rim "
            "....x.......x..."
        ),
        fills="acoustic",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R=.x..R=..x=..xA R==...x=R=..x=xA R=.R..x=x=..x=.A R==x==..R=.xx=xA"),
        drop_rhythms="R=xR..x=R=xxx=xA R==x=.xxR=.xx=xA R=.xU.x=R=.xU.xA",
        break_rhythms="R=======R======= R=====..x=======",
        busy="....3..3..3..3..",
        tones="RRFUST",
        lock=0.5,
        gate=0.88,
        longest=4,
        approach=0.7,
    ),
    comp=grammars.CompGrammar(
        rhythms="x==..x==....x=.. ..x=..x==...x=.. x=====x=..x===.. ...x==..x=..x=..",
        drop_rhythms="x=.x==.x=.x==... ..x=.x=...x=.x=x x==x==..x=x=..x=",
        break_rhythms="x=============== x=======x======= x=x=x=x=x=x=x=x=",
        velocity=74,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms=".x..x.x..x..x... ..xx..x...xx.... x..x.x..x..x.x..",
        voices=2,
        low=62,
        high=80,
        velocity=62,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x=xx=x== ..xxx=x= x===..xx x=x=x=== .x=xx=== x=====xx",
        pentatonic=False,
        leaps=0.3,
        repeats=0.1,
        velocity=90,
        gate=0.95,
    ),
    instruments={
        "kit": "kit_funk kit_jazz",
        "bass": "finger_bass slap_bass",
        "chords": "electric_piano fm_piano grand_piano",
        "pad": "strings synth_pad",
        "riff": "clean_guitar jazz_guitar muted_guitar",
        "hook": "alto_sax trumpet flute",
        "response": "vibraphone jazz_guitar muted_trumpet",
        "stab": "brass",
    },
    full_energy=0.64,
    final="1:9",
)

FUSION = grammars.SubGenre(
    name="Funk-fusion",
    note=(
        "Jazz lines over funk: slap bass, busy ghost notes, unison hooks for saxophone and "
        "trumpet, altered dominants, sudden hits. 16ths swing 52 to 55 % (6 to 14 ms at 104 BPM)."
    ),
    scales="dorian; mixolydian; dorian",
    swing_percent=(52.0, 55.0),
    delays_ms={"bass": -1.0, "hook": 4.0, "snare": 2.0},
    looseness_ms=4.0,
    progressions=(
        "1:9 | 1:9 | b3:maj9 | b6:maj9; 1:9 | 4:dom9 | 1:9 | 5:dom7#9; "
        "1:min9 b7:dom13 | b3:maj9 5:dom7#9; 1:9 | b2:maj9 | 1:9 | b2:maj9; "
        "4:min9 | b7:dom13 | b3:maj9 | 5:dom7#9"
    ),
    drops=(
        "4:min9 | b7:dom13 | b3:maj9 | b6:maj9; 1:min9 | 4:dom13 | b7:maj9 | b3:maj9; "
        "b6:maj9 | 5:dom7#9 | 1:min9 | 4:dom9; 1:9 | b3:maj9 | b6:maj9 | 5:dom7#9"
    ),
    breaks="b6:maj9 | b6:maj9 | b2:maj9 | b2:maj9; 4:9; 1:7sus | 1:7sus | b3:maj9 | b3:maj9",
    turnarounds="5:dom7#9; b6:dom9 5:dom7#9; 2:hdim7 5:dom7b9; b2:maj9",
    drums=grammars.DrumGrammar(
        kicks="X..X...3.XX..4.. X.4X..X...X..X.. X..4..XX.3X.....X.X....X..X..4.. X.....X3..X..X4.",
        kick_count=(3, 6),
        backbeats=(
            "snare ....X.......X...; snare ....X..3....X.......X....4..X..5; snare ....X.......X..x"
        ),
        ghosts=".3.4..48.7.4..46",
        hats="hat XoxoXoxoXoxoXoxo; hat X.xoX.xoX.xoX.xo; hat X.xxX.xoX.xxX.O.",
        drop_hats=(
            "ride X.x.X.xxX.x.X.xx; ride XoxoXoxoXoxoXoxo + bell X...X...X...X...; "
            "hat XoxoXoOoXoxoXoOo"
        ),
        busy_hats="hat .o.o.o.o.o.o.o.o; hat .4.o.4.o.4.o.4.o",
        extra_kick=".3.3..3.3.3..4.3",
        percussion=(
            "cowbell x.x...x.x.x...x.; conga ..x..xx...x..xx. + tumba x..x....x..x....; block "
            "..x..x..x..x..x.; tambourine ..o.x.o...o.x.o."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; cowbell x..x..x.x..x..x.",
        break_drums=(
            "ride X.x.X.xoX.x.X.xo + rim ....x.......x...; hat X.o.x.o.X.o.x.o. + rim "
            "...x..x...x..x.."
        ),
        fills="acoustic",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R..U.xRx..xU.xxA R.xR..U.xR.x.xxA R..xU.xR.xx.U.xAR..xU.xR.xxRx.xA RxU..xR.x.xU.xxA"
        ),
        drop_rhythms="RxU.RxUxR.xURxxA R.xUx.RUx.xUx.xA RxRUx.xRx.UxRxxA",
        break_rhythms="R=======........ R==x==..R==x==..",
        busy=".4..4..4.4..4...",
        tones="RUSSFTR",
        lock=0.55,
        gate=0.6,
        longest=3,
        approach=0.75,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x..x....x..x.. x..x...x..x..... ...x..x...x..x.. .x..x..x....x...",
        drop_rhythms="x..x..x..x..x.x. ..xx..x...xx..x. x..x.x..x..x.x.x",
        break_rhythms="x============... x=======x=======",
        velocity=76,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.xxo.xox.xxo.xo .oxo.oxx.oxo.oxx xxo.x.xoxxo.x.xx",
        voices=2,
        low=60,
        high=77,
        velocity=62,
    ),
    hook=grammars.HookGrammar(
        cells="x.xx.x== xxxxx==. ..xxx.x. x.xx.xx= x==.xxx= .xx.x=x= x..xx.x= xx.xx.x.",
        pentatonic=False,
        leaps=0.32,
        repeats=0.1,
        velocity=94,
        gate=0.85,
    ),
    instruments={
        "kit": "kit_funk",
        "bass": "slap_bass slap_bass finger_bass",
        "chords": "electric_piano clavinet organ",
        "pad": "synth_pad",
        "riff": "clavinet muted_guitar clean_guitar",
        "hook": "alto_sax brass trumpet synth_brass",
        "response": "trumpet electric_piano alto_sax square_lead",
        "stab": "brass synth_brass",
    },
    full_energy=0.64,
    final="1:9",
)

SHOW = grammars.SubGenre(
    name="Show jazz",
    note=(
        "Stage swing with attitude: walking upright bass, ride and snaps on 2 and 4, brass shouts, "
        "chromatic turnarounds, minor sixths. 8ths swing 60 to 65 % (58 to 87 ms at 104 BPM); "
        "brass lies back 8 ms."
    ),
    scales="minor; harmonic minor; major",
    swing_percent=(60.0, 65.0),
    swing_steps=2,
    delays_ms={"hook": 8.0, "response": 8.0, "hats": -2.0, "bass": 0.0},
    looseness_ms=5.5,
    progressions=(
        "1:6 | 4:7 | 1:6 | 5:dom7; 1 6:7 | 2:7 5:dom7; 1:min7 b7:dom7 | b6:dom7 5:dom7; "
        "1:6 | 1:6 | 4:dom7 | 1:6; 1:min 1:min7 | 4:dom9 5:dom7#9"
    ),
    drops=(
        "4:dom9 | 4:dom9 | 1:6 | 6:dom7; 6:dom7 | 2:dom9 | 5:dom13 | 1:6; "
        "1:min7 b7:dom7 | b6:dom7 5:dom7; 2:7 | 5:dom7 | 1:6 | 6:dom7b9"
    ),
    breaks="4:dom9; 1:min7 | 1:min7 | 4:dom9 | 4:dom9; 2:7 | 5:dom7 | 2:7 | 5:dom7",
    turnarounds="b6:dom7 5:dom7; 2:hdim7 5:dom7b9; 6:dom7 5:dom7; b2:dom7 1:6",
    drums=grammars.DrumGrammar(
        kicks=("X.....3.X.....4. X...x...X...x... X.......X...4.3. X.....X.4...3..."),
        kick_count=(2, 5),
        backbeats=(
            "snare ....X.......X...; snap ....X.......X... + rim ....x.......x...; snare "
            "....X.......X.4. + snap ....x.......x..."
        ),
        ghosts="..3...4...3...4.",
        hats=(
            "ride X...X.x.X...X.x. + pedal ....x.......x...; hat X...X.x.X...X.x.; ride "
            "X.x.X.x.X.x.X.x."
        ),
        drop_hats=(
            "ride X.x.X.x.X.x.X.x. + hat ....O.......O...; hat X.x.O.x.X.x.O.x.; ride "
            "X...X.x.X...X.x. + bell X...X...X...X..."
        ),
        busy_hats="hat ..o...o...o...o.; ride ..x...x...x...x.",
        extra_kick="..3...3.4.3...4.",
        percussion=(
            "tambourine ....X.......X...; snap ....X.......X...; block x.....x.......x.; "
            "tambourine x...X.x.x...X.x."
        ),
        busy_percussion="tambourine x.x.X.x.x.x.X.x.; snare2 ..o...o...o...o.",
        break_drums=(
            "snap ....X.......X... + ride X...x...X...x...; pedal ....X.......X... + snap "
            "x...X...x...X..."
        ),
        fills="brushes",
        sixteenths=False,
    ),
    bass=grammars.BassGrammar(
        rhythms=("R===x===x===x=.. R===F===R===x=.. R===T===F===x=A. R===x===R===x=x="),
        drop_rhythms="R===x===x===x=A= R===T===F===S=A= R=x=x===x=x=x=A=",
        break_rhythms="R=======F======= R=======R=======",
        busy="..3...3...3...3.",
        tones="TFSFRU",
        lock=0.0,
        gate=0.92,
        longest=4,
        approach=0.95,
    ),
    comp=grammars.CompGrammar(
        rhythms="x.....x=........ ..x=......x=.... ....x.....x=.... x=....x.....x=..",
        drop_rhythms="x=..x=....x=..x. ..x...x=..x...x= x=....x=x=....x=",
        break_rhythms="x=============== x=======....x=..",
        velocity=76,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.....x.....x... ..x.x.....x.x... x...x.x.x.......",
        voices=1,
        low=57,
        high=75,
        velocity=66,
    ),
    hook=grammars.HookGrammar(
        cells="x===x=x= ..x=x=x= x=x=x=== x=====x= ..x=x=== x=x=..x= x=..x=..",
        pentatonic=False,
        leaps=0.32,
        repeats=0.15,
        velocity=96,
        gate=0.85,
    ),
    instruments={
        "kit": "kit_jazz kit_brush",
        "bass": "upright_bass",
        "chords": "grand_piano jazz_guitar organ",
        "riff": "clarinet vibraphone pizzicato",
        "hook": "muted_trumpet brass alto_sax clarinet",
        "response": "brass alto_sax clarinet trumpet",
        "stab": "brass",
    },
    full_energy=0.62,
    final="1:6",
)

STREET_JAZZ_SUB_GENRES = (POP_JAZZ, FUSION, SHOW)
"""Models of the style ``street-jazz``."""
