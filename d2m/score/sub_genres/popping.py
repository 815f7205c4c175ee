"""Music for popping: electro-funk boogie, G-funk and modern funk."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

BOOGIE = grammars.SubGenre(
    name="Electro-funk boogie",
    note=(
        "Early-eighties drum machine and synth bass: heavy clap on 2 and 4, bass drum that dodges "
        "3, bass in octaves with gaps that leave room for hits, minor ninths. 16ths swing 53 to 57 "
        "% (5 to 21 ms at 100 BPM); the clap lies back 5 ms."
    ),
    scales="dorian; minor; dorian",
    swing_percent=(53.0, 57.0),
    delays_ms={"snare": 5.0, "bass": 4.0, "chords": 3.0, "hook": 6.0},
    looseness_ms=2.5,
    progressions=(
        "1:9 | 1:9 | 4:9 | 4:9; 1:9 | 4:9 | 1:9 | 4:9; 1:9 | b7:maj/1 | 1:9 | 4:9; "
        "1:9 | 1:9 | 6:maj9 | 7:maj; 2:7 | 1:9 | 2:7 | 1:9"
    ),
    drops=(
        "4:9 | 1:9 | b3:maj7 | 4:9; 6:maj9 | 5:min7 | 1:9 | 1:9; 1:9 | b7:maj9 | b6:maj9 | b7:maj; "
        "b6:maj7 | b7:maj | 1:9 | 4:9"
    ),
    breaks="4:9; b6:maj9 | b6:maj9 | b7:maj | b7:maj; 1:9/5; b3:maj7 | 4:9",
    turnarounds="b7:maj/1 1:9; 5:dom7#9; b6:maj7 b7:maj; 4:9 5:7sus",
    drums=grammars.DrumGrammar(
        kicks=(
            "X......X.2X...3. X.....2X..X..3..X..4...X..X...5. X..X...3..X..4.. "
            "X.....4..5X....4X..X......X.4... X..5..X...X3...."
        ),
        kick_count=(2, 5),
        backbeats=(
            "clap ....X.......X... + snare ....x.......x...; snare ....X.......X...; clap "
            "....X.......X.......X.......X..5 + snare ....X.......X.......X.......X..."
        ),
        ghosts="...2..2..2.3...3",
        hats="hat X.o.X.o.X.o.X.o.; hat XoxoXoxoXoxoXoxo; hat X.x.X.x3X.x.X.x4",
        drop_hats="hat XoxoXoOoXoxoXoOo; hat X.O.X.O.X.O.X.O.; hat XoxoXoxOXoxoXoxO",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="...4..3..4.3..44",
        percussion=(
            "cowbell ..x...x...x.x...; conga ..x..x....x..x.. + tumba ...x.......x..x.; cowbell "
            "x..x..x...x..x..; tambourine ..o.X.o...o.X.o."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; block ..x..x.x..x..x.x",
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + snap ....X.......X...; hat x...x...x...x... + clap "
            "....x.......x... + cowbell ..x...x...x.x..."
        ),
        fills="electronic",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R..U...R..x..5xAR..U..xR..x.x.xA R.xU..xR..U..x..R.xU..xR..U.x.xA "
            "R......RU.x..xx.R......RU.xx.xxA R.U..R.U.5x.x..A"
        ),
        drop_rhythms="R.xU.xxR.xU.x.xAR.xU.xxRUxU.xxxA R.URx.URR.URx.xA R..UR.xUR..URxxA",
        break_rhythms="R.....U......... R......R........ R===............",
        busy="..4..4..4..4.4..",
        tones="RRUUSSF",
        lock=0.55,
        gate=0.62,
        longest=3,
        approach=0.6,
    ),
    comp=grammars.CompGrammar(
        rhythms=(
            "..x..x==....x... x=..x...x=..x... ....x..x....x=== ..x=....x..x.... x==...x...x=...."
        ),
        drop_rhythms="..x..x.x..x..x.x x..x..x...x.x=.. ..x=..x=..x=..xx",
        break_rhythms="x============... x===....x===....",
        velocity=76,
    ),
    riff=grammars.RiffGrammar(
        rhythms="..xx.x....xx.x.. x.xx..x.x.xx.... .xx..xx..xx..xx. xx.x..x.xx.x.xx.",
        voices=1,
        low=57,
        high=74,
        velocity=72,
    ),
    hook=grammars.HookGrammar(
        cells="x..x..x= ..x.x=x= x=x..x== x==.x==. x..x.x== ..xx.x== x===.xx. x.xx..x=",
        leaps=0.3,
        velocity=90,
    ),
    instruments={
        "kit": "kit_electro kit_808",
        "bass": "synth_bass synth_bass fm_bass",
        "chords": "fm_piano electric_piano synth_brass",
        "pad": "synth_pad",
        "riff": "muted_guitar clavinet pluck",
        "hook": "square_lead synth_brass sine_lead",
        "response": "fm_bell pluck sine_lead clean_guitar",
        "stab": "synth_brass orchestra_hit",
    },
    full_energy=0.66,
    final="1:9",
)

G_FUNK = grammars.SubGenre(
    name="G-funk",
    note=(
        "Slow funk with a whistling sine lead high above: deep synth bass with slides, electric "
        "piano sevenths, bass drum heavy on 1 and before 3. 16ths swing 54 to 58 % (12 to 24 ms at "
        "100 BPM); clap and lead lie back 8 to 12 ms."
    ),
    scales="minor; dorian; minor",
    swing_percent=(54.0, 58.0),
    delays_ms={"snare": 8.0, "bass": 6.0, "chords": 5.0, "hook": 12.0, "response": 8.0},
    looseness_ms=4.0,
    progressions=(
        "1:7 | 1:7 | 4:7 | 5:min7; 1:9 | 6:maj7 | 4:7 | 5:7; 1:7 | 4:7; 1:9 | 1:9 | 4:9 | 4:9; "
        "1:7 | b7:maj | b6:maj7 | 5:dom7"
    ),
    drops=(
        "b6:maj7 | 5:min7 | 1:9 | 1:9; 1:9 | b3:maj7 | 4:7 | 5:dom7#9; 4:7 | 5:7 | 1:9 | 1:9; "
        "1:7 | b7:maj | b6:maj7 | b7:maj"
    ),
    breaks="4:9; b6:maj7 | b6:maj7 | 5:7 | 5:7; 1:7sus | 1:7; 4:7 | 1:7",
    turnarounds="5:dom7#9; b6:maj7 5:dom7; 4:7 b7:maj",
    drums=grammars.DrumGrammar(
        kicks=(
            "X..4...X..X..... X.....3X.3X....4X..X......X..5.. X..X....4.X..3.. "
            "X....4.X..X...5.X.....3...X..X.."
        ),
        kick_count=(2, 4),
        backbeats=(
            "clap ....X.......X...; snare ....X.......X... + clap ....x.......x...; "
            "snare ....X.......X.......X.......X..4"
        ),
        ghosts=".......2.2....23",
        hats="hat X.x.X.x.X.x.X.x.; hat X.x3X.x3X.x3X.O.; hat X.o.X.o3X.o.X.o4",
        drop_hats="hat XoxoXoxoXoxoXoxo; hat X.x.X.O.X.x.X.O. + shaker oooooooooooooooo",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="...4..3..3....4.",
        percussion=(
            "tambourine ....X.......X...; shaker x.o.x.o.x.o.x.o.; cowbell ..x.......x.....; "
            "triangle x.......x......."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; conga ..x..x....x..xx.",
        break_drums=(
            "hat X.o.x.o.X.o.x.o. + snap ....X.......X...; shaker X.o.X.o.X.o.X.o. + rim "
            "....x.......x..3 + kick X..............."
        ),
        fills="hip-hop",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R==..x.R..x=..xAR==..x.R..x..xxA R=...xxR=.x...xA R===..xR==..x.xA "
            "R..R..x=..xU..xAR..R..x=..U...xA"
        ),
        drop_rhythms="R=xR..xR=.xU.xxA R=U..xRx.xU=.xxA R..xR.xR..U.x.xA",
        break_rhythms="R=======........ R=====.....x=..A R===========....",
        busy="....3...4...4.4.",
        tones="RRUFSS",
        lock=0.55,
        gate=0.85,
        longest=5,
        approach=0.7,
    ),
    comp=grammars.CompGrammar(
        rhythms="x===..x=x===.... x=..x=..x=..x=.. ..x=..x=..x=..x= x======.x=====..",
        drop_rhythms="x==x==x=x==x==x= x=..x=x=..x=x=.. x..x..x.x..x..x.",
        break_rhythms="x============... x=======x=======",
        velocity=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms=".x....x..x....x. ..x...x...x...xx ...x..x....x..x.",
        voices=2,
        low=60,
        high=77,
        velocity=66,
    ),
    hook=grammars.HookGrammar(
        cells="x===x=x= x==x==x= x======= x=x=x=== ..x=x=x= x=====x= x==.x=xx",
        leaps=0.3,
        repeats=0.12,
        octave=False,
        velocity=84,
        gate=1.0,
    ),
    instruments={
        "kit": "kit_808 kit_boombap",
        "bass": "synth_bass synth_bass fm_bass",
        "chords": "electric_piano fm_piano organ",
        "pad": "strings synth_pad",
        "riff": "muted_guitar clean_guitar",
        "hook": "sine_lead sine_lead square_lead",
        "response": "clean_guitar flute electric_piano pluck",
        "stab": "synth_brass brass",
    },
    full_energy=0.66,
    final="1:9",
)

MODERN_FUNK = grammars.SubGenre(
    name="Modern funk",
    note=(
        "Crisp and dry for hits: snapping backbeat, slap bass with pops on off-beat 16ths, "
        "clavinet and muted guitar interlock, stops before 1. 16ths swing 52 to 55 % (6 to 15 ms "
        "at 100 BPM); bass pushes 2 ms, all others tight."
    ),
    scales="dorian; mixolydian; dorian",
    swing_percent=(52.0, 55.0),
    delays_ms={"snare": 2.0, "bass": -2.0, "riff": 1.0, "hook": 3.0},
    looseness_ms=2.5,
    progressions=(
        "1:9 | 1:9 | 1:9 | 4:9; 1:9 | 4:9 | 1:9 | b7:maj 4:9; 1:7 | 1:7 | b3:maj | 4:7; "
        "1:9 | 1:9 | 4:9 | 5:dom7#9; 1:9 4:9 | 1:9 4:9"
    ),
    drops=(
        "b3:maj7 | 4:9 | 1:9 | 1:9; 1:9 | b7:maj | 4:9 | 5:dom7#9; b6:maj9 | b7:maj | 1:9 | 4:9; "
        "4:9 | 4:9 | 1:9 | 5:dom7#9"
    ),
    breaks="4:9; 1:7sus; b3:maj7 | b3:maj7 | 4:9 | 4:9; b7:maj | b7:maj | 1:9 | 1:9",
    turnarounds="5:dom7#9; b6:dom9 5:dom7#9; b7:maj 4:9; 4:9 5:7sus",
    drums=grammars.DrumGrammar(
        kicks=(
            "X..X..4...X4..3. X.5....X..X..4..X..X..3...X.4.4. X.....X.3.X...4. X..5..X..4X..... "
            "X.X....3..X..4.."
        ),
        kick_count=(2, 5),
        backbeats=(
            "snare ....X.......X... + snap ....x.......x...; snare ....X.......X...; snare "
            "....X.......X.......X..4....X... + clap ....x.......x.......x.......x..."
        ),
        ghosts=".2.3..25.5.3..24",
        hats="hat X.x.X.x.X.x.X.x.; hat X2xoX2xoX2xoX2xo; hat X.xxX.x.X.xxX.x.",
        drop_hats="hat XoxoXoxoXoxoXoxO; hat X.xxX.O.X.xxX.O.; hat X.O.X.xxX.O.X.xx",
        busy_hats="hat .o.o.o.o.o.o.o.o; hat .4.o.4.o.4.o.4.o",
        extra_kick="...3..43.3.4..43",
        percussion=(
            "snap ..x.....x.....x.; block ...x..x....x..x.; tambourine ..o.X.o...o.X.o.; cowbell "
            "x...x..x..x.x..."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine xoxoXoxoxoxoXoxo",
        break_drums=(
            "snap ....X.......X... + hat X.o.x.o.X.o.x.o.; hat x...x...x...x... + rim "
            "...x....x.....x. + kick X..............."
        ),
        fills="hip-hop",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R..U.xR...xU..xAR..U.xR..xxU.x.A R.R..U.x..RU..xAR.R..U.xR.xU..xA R..RU..x..x.U.xA "
            "R.xU....R.xU..x.R.xU....R.xU.xxA"
        ),
        drop_rhythms="RxU.RxU.R.xU.xUA R.xUx.RUR.xUx.xA R.URR.U.xRU.x.UA",
        break_rhythms="R..U............ R.......R..U.... R===............",
        busy=".4..4..4.4..4..4",
        tones="RRUUSFT",
        lock=0.5,
        gate=0.55,
        longest=2,
        approach=0.6,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x..x....x..x.. .x..x..x.x..x... x..x....x..x.... ...x..x....x.xx.",
        drop_rhythms="..xx.x.x..xx.x.x x..x.xx.x..x.xx. .xx..xx..xx..xxx",
        break_rhythms="x=======........ ..x.......x.....",
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.xox.xo.xoxx.xo .xox.xox.xox.xox xxo.xxo.xxo.xx.x",
        voices=2,
        low=60,
        high=77,
        velocity=68,
    ),
    hook=grammars.HookGrammar(
        cells="x..x.x.. ..x.xx.. x.x..x== xx.x..x. .x.x.x== x..xx.x. x.......",
        leaps=0.3,
        repeats=0.3,
        velocity=94,
        gate=0.75,
    ),
    instruments={
        "kit": "kit_funk kit_electro",
        "bass": "slap_bass slap_bass synth_bass",
        "chords": "clavinet electric_piano clean_guitar",
        "pad": "synth_pad",
        "riff": "muted_guitar muted_guitar clavinet",
        "hook": "synth_brass brass square_lead",
        "response": "square_lead clean_guitar fm_bell alto_sax",
        "stab": "brass synth_brass",
    },
    full_energy=0.64,
    final="1:9",
)

POP_SUB_GENRES = (BOOGIE, G_FUNK, MODERN_FUNK)
"""Models of the style ``pop``, the dance popping."""
