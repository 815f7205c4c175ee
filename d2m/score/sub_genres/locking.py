"""Music for locking: funk of the sixties and seventies, soul and disco-funk."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

CLASSIC_FUNK = grammars.SubGenre(
    name="Classic funk",
    note=(
        "All weight on the 1: short bass figure, chicken-scratch guitar in 16ths, dominant ninths, "
        "horn punches, ghost notes everywhere. 16ths swing 51 to 54 % (3 to 11 ms at 108 BPM); "
        "guitar pushes 3 ms, snare exact."
    ),
    scales="mixolydian; mixolydian; dorian",
    swing_percent=(51.0, 54.0),
    delays_ms={"riff": -3.0, "bass": 2.0, "snare": 1.0, "hook": 3.0, "hats": -1.0},
    looseness_ms=4.5,
    progressions=(
        "1:9; 1:9 | 1:9 | 1:9 | 4:9; 1:9 4:9 | 1:9; 1:9 | 1:9 | 4:9 | 4:9; "
        "1:9 | 1:9 | 1:9 | 5:dom9 4:9"
    ),
    drops=(
        "4:9 | 4:9 | 1:9 | 1:9; 4:9 | 1:9 | 5:dom9 | 4:9; b3:dom9 | 4:9 | 1:9 | 1:9; "
        "1:9 | b7:dom9 | 4:9 | 5:dom7#9"
    ),
    breaks="4:9; 5:7sus; 4:9 | 4:9 | 5:7sus | 5:7sus; b7:maj | b7:maj | 4:9 | 4:9",
    turnarounds="5:dom7#9; 5:dom9 4:9; b6:dom9 5:dom9; b3:dom9 4:9",
    drums=grammars.DrumGrammar(
        kicks=(
            "X.o....37.x..4.. X.o....28.x4...4X..4..3.8.x..X.. X..4..X.7.x.3... "
            "X.o..4..8.x..5.. X.6....XX.x....."
        ),
        kick_count=(2, 5),
        backbeats=(
            "snare ....X.......X... + clap ....o.......o...; snare ....X..3....X..5; snare "
            "....X.......X.......X..x.4..X..."
        ),
        ghosts=".3.3..38.8.4..36",
        hats="hat X.x.X.x.X.x.X.x.; hat XoxoXoxoXoxoXoxo; hat X.x.X.x.X.O.X.x.",
        drop_hats="hat XoxoXoxoXoOoXoxo; hat X.O.X.x.X.O.X.x.; ride X.xoX.xoX.xoX.xo",
        busy_hats="hat .o.o.o.o.o.o.o.o; hat .4.o.4.o.4.o.4.o",
        extra_kick="...3..43.4.3..5.",
        percussion=(
            "tambourine ....X.......X...; conga ..x..xx...x..xx. + tumba x..x....x..x....; "
            "tambourine x.o.X.o.x.o.X.o.; cowbell X...x...X...x.x."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine xoxoXoxoxoxoXoxo",
        break_drums=(
            "hat X.x.X.x.X.x.X.x. + rim ....x..4....x..5; conga ..x..xx...x..xx. + tumba "
            "X..xX...X..xX... + tambourine ....X.......X..."
        ),
        fills="acoustic",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R..R..x...x.x..xR..R..x.x.xx.x.A R.R.....x.xx..x. R.R..xx...x..x.AR.R..xx..x.xx.xA "
            "R..x.xR.....xxx. R.......x.xU.xxA"
        ),
        drop_rhythms="R.RxxxR.xRx.xxxA RxRxU.xR.xRxU.xA R..Rx.xRx.xRx.xA",
        break_rhythms="R............... R.R............. R.......R.......",
        busy="....4..4.4..4...",
        tones="RRRSSUFT",
        lock=0.6,
        gate=0.6,
        longest=3,
        approach=0.5,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x.....x...x... x.......x..x.... ....x..x....x... ..x..x.......xx.",
        drop_rhythms="x..x..x...x.x... ..x.x..x..x.x..x x...x..xx...x.x.",
        break_rhythms="x=======........ x===.....x......",
        voices=4,
        velocity=68,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxxoxxoxoxxoxxo x.oxoxxox.oxoxxo .oxo.oxx.oxo.oxx xoxoxxoxxoxoxxox",
        voices=3,
        low=59,
        high=75,
        velocity=56,
    ),
    hook=grammars.HookGrammar(
        cells="x..x..x. x.x..... ..x.x.x. .x.x.x== xx..x... x.xx.x.. x==....x x..x.xx.",
        leaps=0.25,
        repeats=0.35,
        velocity=98,
        gate=0.7,
    ),
    instruments={
        "kit": "kit_funk",
        "bass": "finger_bass finger_bass slap_bass",
        "chords": "organ clavinet electric_piano",
        "riff": "muted_guitar clean_guitar",
        "hook": "brass alto_sax trumpet",
        "response": "alto_sax organ trumpet brass",
        "stab": "brass",
    },
    full_energy=0.64,
    final="1:9",
)

SOUL = grammars.SubGenre(
    name="Soul",
    note=(
        "Tambourine on 2 and 4, snare sometimes on all four beats, a singing bass that walks "
        "through the chords, strings and piano in major. 8ths nearly straight (50 to 53 %, up to "
        "17 ms at 108 BPM); tambourine pushes 3 ms."
    ),
    scales="major; major; minor",
    swing_percent=(50.0, 53.0),
    delays_ms={"percussion": -3.0, "bass": 2.0, "hook": 6.0, "chords": 2.0},
    looseness_ms=5.5,
    progressions=(
        "1 | 6:min7 | 4 | 5; 1 | 4 | 1 | 5; 1:maj7 | 2:7 | 1:maj7 | 2:7; 1 | 5/7 | 6:7 | 4; "
        "1:7 | 4:7 | 2:7 | 5:7sus"
    ),
    drops=(
        "4 | 5 | 1 | 6:7; 4:7 | 3:7 | 2:7 | 5:7sus; 1 | 3:7 | 4 | 5; 6:7 | 2:7 | 5 | 1; "
        "1 | 1/3 | 4 | 4/5"
    ),
    breaks="4 | 4 | 1 | 1; 2:7 | 2:7 | 4/5 | 4/5; 6:7 | 6:7 | 4 | 4; 4/5",
    turnarounds="5; 4/5; 2:7 5:dom7; 4 5",
    drums=grammars.DrumGrammar(
        kicks=(
            "X.....X.X.....4. X..4..X.X...4... X.....3XX.....4. X.....X.X.X..... X..X....X..X...4"
        ),
        kick_count=(2, 5),
        backbeats=(
            "snare X...X...X...X...; snare ....X.......X... + tambourine ....x.......x...; snare "
            "....X.......X..4; snare x...X...x...X..."
        ),
        ghosts="..2....3.3....34",
        hats="hat X.x.X.x.X.x.X.x.; hat X.xoX.xoX.xoX.xo; hat X.x.X.x.X.x.X.O.",
        drop_hats="ride X.x.X.x.X.x.X.x.; hat X.x.X.O.X.x.X.O.; hat XoxoXoxoXoxoXoxo",
        busy_hats="hat .o.o.o.o.o.o.o.o",
        extra_kick="..3..4.3..4..4..",
        percussion=(
            "tambourine ....X.......X...; tambourine x.o.X.o.x.o.X.o.; conga ..x...xx..x...xx + "
            "tambourine ....X.......X..."
        ),
        busy_percussion="tambourine xoxoXoxoxoxoXoxo; shaker xoxoxoxoxoxoxoxo",
        break_drums=(
            "tambourine ..o.X.o...o.X.o. + hat X...x...X...x...; conga ..x...xx..x...xx + rim "
            "....x.......x... + hat X...x...X...x..."
        ),
        fills="acoustic",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R..xF.x.R..xT.xA R.xxR.x.F.xxR.xA R..F..U.R..x.xxA R.x.T.F.R.x.F.xA R...R.xxF...x.xA"
        ),
        drop_rhythms="R.xxF.xxR.xxT.xA R.x.T.xxF.x.U.xA RxR.FxF.RxR.TxxA",
        break_rhythms="R.......F....... R===..x.R===....",
        busy="..3...3...3...3.",
        tones="RTFFTU",
        lock=0.35,
        gate=0.85,
        longest=4,
        approach=0.75,
    ),
    comp=grammars.CompGrammar(
        rhythms="x...x...x...x... ..x...x...x...x. x..x..x.x..x..x. x===....x===..x.",
        drop_rhythms="x.x.x.x.x.x.x.x. x..x..x.x..x.xx. x...x.x.x...x.x.",
        break_rhythms="x=======x======= x===============",
        voices=4,
        low=52,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="....x.......x... ....x.......x..x x.x..xx.x.x..xx.",
        voices=3,
        low=59,
        high=75,
        velocity=72,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x=x=x=== x=x=x=x= ..x=x=x= x===x=x= x======. x=xx=x==",
        pentatonic=False,
        leaps=0.25,
        velocity=92,
        gate=0.92,
    ),
    instruments={
        "kit": "kit_funk",
        "bass": "finger_bass",
        "chords": "grand_piano organ electric_piano",
        "pad": "strings",
        "riff": "muted_guitar clean_guitar",
        "hook": "alto_sax strings brass trumpet",
        "response": "brass vibraphone strings flute",
        "stab": "brass",
    },
    full_energy=0.62,
)

DISCO_FUNK = grammars.SubGenre(
    name="Disco-funk",
    note=(
        "Four on the floor under funk: popping octaves and chromatic runs in the bass, scratch "
        "guitar, open hi-hat on the off-beat, ninths that move by fourths. 16ths swing 50 to 53 % "
        "(up to 8 ms at 108 BPM)."
    ),
    scales="dorian; minor; mixolydian",
    swing_percent=(50.0, 53.0),
    delays_ms={"riff": -2.0, "snare": 1.0, "hook": 3.0},
    looseness_ms=3.5,
    progressions=(
        "1:9 | 4:9 | 1:9 | 4:9; 1:7 | 1:7 | 4:7 | 5:7; 1:9 | b7:maj | 4:9 | 4:9; "
        "1:9 | b3:maj7 | 4:9 | 4:9; 2:7 5:7 | 1:9"
    ),
    drops=(
        "4:9 | b7:dom9 | b3:maj7 | b6:maj7; 1:9 | b7:maj | b6:maj7 | 5:dom7; "
        "4:9 | 5:7 | 1:9 | 1:9; b6:maj7 | b7:maj | 1:9 | 1:9"
    ),
    breaks="4:9; b6:maj7 | b6:maj7 | b7:maj | b7:maj; 1:9",
    turnarounds="5:dom7#9; b7:maj 5:dom7; 4:9 5:7sus",
    drums=grammars.DrumGrammar(
        kicks=("X...X...X...X... X...X...X...X.4. X..4X...X.3.X... X...X..3X...X..4"),
        kick_count=(4, 6),
        backbeats=(
            "snare ....X.......X...; snare ....X.......X... + clap ....X.......X...; "
            "snare ....X.......X..4"
        ),
        ghosts="..2....4.4....35",
        hats="hat X.O.X.O.X.O.X.O.; hat XoOoXoOoXoOoXoOo; hat XoxoXoxoXoxoXoOo",
        drop_hats="hat XoOoXoOoXoOoXoOo; hat X.O.X.O.X.O.X.O. + tambourine oooooooooooooooo",
        busy_hats="hat .o.o.o.o.o.o.o.o; tambourine xoxoXoxoxoxoXoxo",
        extra_kick="...4..3....4..4.",
        percussion=(
            "cowbell X...X...X...X...; conga ..x..xx...x..xx. + tumba ...x...x...x...x; tambourine "
            "..o.X.o...o.X.o."
        ),
        busy_percussion="tambourine xoxoXoxoxoxoXoxo; shaker xoxoxoxoxoxoxoxo",
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + clap ....X.......X...; conga ..x..xx...x..xx. + tumba "
            "X...X...X...X... + clap ....x.......x..."
        ),
        fills="disco",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R.xUR..xR.xUR.xA R.U.R.UxR.U.R.xA R..xU.xRx.R.U.xA R.R.U..RR.x.U.xA"),
        drop_rhythms="R.URR.URR.URR.xA RxU.RxUxRxU.RxxA R.U.R.U.R.U.xxxA",
        break_rhythms="R.......R.U..... R.U.............",
        busy=".4.4.4.4.4.4.4.4",
        tones="RUUSF",
        lock=0.2,
        gate=0.65,
        longest=2,
        approach=0.65,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x..x....x..x.. ..x...x...x..xx. x..x..x...x..... ....x..x....x..x",
        drop_rhythms="..x..x.x..x..x.x x..x..x.x..x..x. ..x.x.x...x.x.xx",
        break_rhythms="x============... x===....x===....",
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxxoxxoxoxxoxxo x.oxx.oxx.oxx.ox .oxo.oxo.oxo.oxx",
        voices=3,
        low=59,
        high=75,
        velocity=62,
    ),
    hook=grammars.HookGrammar(
        cells="x..x..x= x.x.x.x. ..x.x=x= x==x==x= x.x..x== xx.x.x== x===..x.",
        leaps=0.25,
        repeats=0.28,
        velocity=94,
        gate=0.8,
    ),
    instruments={
        "kit": "kit_disco kit_funk",
        "bass": "slap_bass finger_bass",
        "chords": "electric_piano clavinet fm_piano",
        "pad": "strings",
        "riff": "muted_guitar clean_guitar",
        "hook": "brass strings alto_sax",
        "response": "strings trumpet vibraphone flute",
        "stab": "brass",
    },
    full_energy=0.64,
    final="1:9",
)

LOCK_SUB_GENRES = (CLASSIC_FUNK, SOUL, DISCO_FUNK)
"""Models of the style ``lock``, the dance locking."""
