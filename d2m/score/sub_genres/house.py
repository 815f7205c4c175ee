"""Music for house dance: deep, Chicago and disco house."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

DEEP_HOUSE = grammars.SubGenre(
    name="Deep house",
    note=(
        "Four on the floor, open hi-hat between, off-beat bass notes, minor ninths moved in "
        "parallel by organ or electric piano, a warm pad, rim and conga chatter. 16ths swing 53 to "
        "57 % (4 to 17 ms at 124 BPM)."
    ),
    scales="dorian; minor; dorian",
    swing_percent=(53.0, 57.0),
    delays_ms={"bass": 3.0, "chords": 4.0, "percussion": 2.0, "hook": 6.0},
    looseness_ms=2.5,
    progressions=(
        "1:9 | 1:9 | 4:9 | 4:9; 1:min9 b7:min9 | 1:min9; 1:9 | 4:9; 6:maj9 | 5:min7 | 1:9 | 1:9; "
        "1:9 | b3:maj9 | 4:min9 | b6:maj9; 1:min9 | b3:min9 | b7:min9 | 1:min9"
    ),
    drops=(
        "6:maj9 | 5:min9 | 4:min9 | 5:min9; 4:9 | 1:9 | b6:maj9 | 5:min7; "
        "b6:maj9 | b7:maj | 1:9 | 1:9; 1:9 | 4:9 | b7:maj9 | b3:maj9"
    ),
    breaks="6:maj9; 4:min9 | 4:min9 | 1:9 | 1:9; b6:maj9 | b6:maj9 | b7:maj | b7:maj",
    turnarounds="5:min7; b6:maj9 b7:maj; 5:7sus; 4:min9 5:min7",
    drums=grammars.DrumGrammar(
        kicks="X...X...X...X... X...X...X...X..3 X...X...X...X.2.",
        kick_count=(4, 5),
        backbeats=(
            "clap ....x.......x...; snare ....x.......x... + clap ....x.......x...; rim "
            "...x..x....x..x. + clap ....x.......x..."
        ),
        ghosts=".......2.2.....2",
        hats=(
            "hat ..O...O...O...O.; hat o.O.o.O.o.O.o.O.; hat .oO..oO..oO..oO.; hat oxOooxOooxOooxOo"
        ),
        drop_hats="hat oxOooxOooxOooxOo; hat x.O.x.O.x.O.x.O. + ride x...x...x...x...",
        busy_hats="hat .o.o.o.o.o.o.o.o; shaker xoxoxoxoxoxoxoxo",
        extra_kick="...3..2....3..3.",
        percussion=(
            "conga ..x..x.x..x..xx. + tumba ...x.......x....; rim ..x..x....x..x..; shaker "
            "oxoXoxoXoxoXoxoX; tambourine ..o.x.o...o.x.o."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; conga .x.xx.x..x.xx.xx; claves x..x..x...x.x...",
        break_drums=(
            "hat x.o.x.o.x.o.x.o. + rim ...x..x....x..x.; shaker XoxoXoxoXoxoXoxo + snap "
            "....x.......x..."
        ),
        fills="electronic",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "..R...R..xR...R. R..x..R...R..xR. ..R..xR...R..xRA R.....R..xR..x.. ..RxR...x.RxR..A"
        ),
        drop_rhythms="..RxR.RxR.RxR.RA R..R..RxR.xR..RA ..R.R.Ux..R.R.UA",
        break_rhythms="R=======........ R=====....x=....",
        busy="...4...4...4...4",
        tones="RRUFSR",
        lock=0.0,
        gate=0.75,
        longest=4,
        approach=0.35,
    ),
    comp=grammars.CompGrammar(
        rhythms=(
            "..x..x....x..x.. x..x..x.......x. ..x=....x..x=... ...x..x...x..x.. x==...x=..x=...."
        ),
        drop_rhythms="x..x..x...x.x... ..x..x.x..x..x.x x..x..x.x..x..x.",
        break_rhythms="x============... x=======x=====..",
        velocity=76,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x..x..x..x..x... ..xx..x...xx..x. x.x..x.x..x..x..",
        voices=1,
        low=58,
        high=79,
        velocity=64,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= ..x==x== x======= ..x=x=x= x==x==.. x===x=x= .x==x==.",
        leaps=0.25,
        octave=False,
        velocity=84,
    ),
    instruments={
        "kit": "kit_house",
        "bass": "synth_bass fm_bass finger_bass",
        "chords": "organ electric_piano fm_piano",
        "pad": "synth_pad strings",
        "riff": "pluck marimba kalimba",
        "hook": "flute alto_sax sine_lead vibraphone",
        "response": "electric_piano vibraphone pluck muted_trumpet",
        "stab": "organ synth_brass fm_piano",
    },
    full_energy=0.68,
    final="1:9",
)

CHICAGO_HOUSE = grammars.SubGenre(
    name="Chicago house",
    note=(
        "Raw machine groove: 909 kick, clap and busy hats, a jacking 16th synth bass in octaves, "
        "piano chords in tresillo against the kick. 16ths swing 52 to 56 % (2 to 15 ms at 124 "
        "BPM); tight."
    ),
    scales="minor; dorian; minor",
    swing_percent=(52.0, 56.0),
    delays_ms={"chords": 1.0, "hook": 3.0},
    looseness_ms=2.0,
    progressions=(
        "1:min | 1:min | 6:maj | 7:maj; 1:7 | 6:maj7 | 4:7 | 5:7; 1:min | 7:maj | 6:maj | 7:maj; "
        "6:maj | 7:maj | 1:min | 1:min; 1:7 | 4:7"
    ),
    drops=(
        "6:maj | 7:maj | 1:min | 5:min; 1:min | b3:maj | b7:maj | 4:7; "
        "4:min | 1:min | 6:maj | 7:maj; 6:maj7 | 7:maj | 5:min7 | 1:7"
    ),
    breaks="6:maj; 6:maj | 6:maj | 7:maj | 7:maj; 4:7 | 4:7 | 1:7 | 1:7",
    turnarounds="7:maj; 5:min7; 6:maj 7:maj; 4:7 5:7",
    drums=grammars.DrumGrammar(
        kicks="X...X...X...X... X...X...X...X..4 X...X...X..3X...",
        kick_count=(4, 5),
        backbeats=(
            "clap ....x.......x...; "
            "clap ....x.......x.......x.......x.x. + snare ....x.......x.......x.......x...; "
            "clap ....x..4....x..4"
        ),
        ghosts="...2..2..2.2..23",
        hats="hat x.O.x.O.x.O.x.O.; hat xoOoxoOoxoOoxoOo; hat XoOoXoOoXoOoXoOo",
        drop_hats="hat XoOoXoOoXoOoXoOo; hat xoOoxoOoxoOoxoOo + ride x...x...x...x...",
        busy_hats="hat .o.o.o.o.o.o.o.o; ride ..x...x...x...x.",
        extra_kick="...4..3...34..4.",
        percussion=(
            "rim x..x..x...x.x...; cowbell ..x..x....x..x..; tambourine ..o.X.o...o.X.o.; tom_low "
            "...x..x........x + tom_mid ..........x..x.."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; conga ..xx..x...xx..x. + tumba x...x...x...x...",
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + clap ....x.......x...; hat XoxoXoxoXoxoXoxo + rim "
            "x..x..x...x.x..."
        ),
        fills="electronic",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R.xR.xU.R.xR.xUA R.R.U.R.xR..U.xA ..RR.xU...RR.xUA R..R..U.R..R.xU."),
        drop_rhythms="RxURxURxRxURxUxA R.URR.URR.URR.UA R.RU.RRUR.RU.RUA",
        break_rhythms="R.......R....... R=======........",
        busy=".4.4.4.4.4.4.4.4",
        tones="RRUUSF",
        lock=0.0,
        gate=0.6,
        longest=2,
        approach=0.4,
    ),
    comp=grammars.CompGrammar(
        rhythms="x..x..x...x.x... x..x..x..x..x... ..x..x....x..x.. x.x..x..x.x..x..",
        drop_rhythms="x..x..x.x..x..x. x..x..x..x..x.x. x.xx..x.x.xx..x.",
        break_rhythms="x=======x======= x..x..x.........",
        velocity=84,
        low=52,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxxoxxoxoxxoxxo x.xx.xx.x.xx.x.x x..xx..xx..xx.x.",
        voices=1,
        low=57,
        high=79,
        velocity=62,
        in_groove=False,
    ),
    hook=grammars.HookGrammar(
        cells="x..x..x. x==x==x= x.x..x.. ..x..x== x..x..== x=x=x=x= xx.x..x.",
        leaps=0.25,
        repeats=0.32,
        velocity=90,
        gate=0.8,
    ),
    instruments={
        "kit": "kit_house",
        "bass": "synth_bass fm_bass",
        "chords": "grand_piano organ fm_piano",
        "pad": "strings synth_pad",
        "riff": "pluck square_lead",
        "hook": "square_lead super_saw fm_bell synth_brass",
        "response": "pluck sine_lead fm_bell",
        "stab": "synth_brass grand_piano orchestra_hit",
    },
    full_energy=0.68,
)

DISCO_HOUSE = grammars.SubGenre(
    name="Disco house",
    note=(
        "A filtered disco loop over four on the floor: finger bass with octaves, scratch guitar, "
        "strings and brass, chords that change each bar. 16ths swing 51 to 54 % (1 to 10 ms at 124 "
        "BPM)."
    ),
    scales="dorian; minor; major",
    swing_percent=(51.0, 54.0),
    delays_ms={"riff": -2.0, "bass": 1.0, "hook": 3.0},
    looseness_ms=2.5,
    progressions=(
        "4:9 | 5:7 | 1:9 | 1:9; 2:9 | 5:7 | 3:7 | 6:7; 1:9 | 4:9 | 2:9 | 5:7; "
        "4:maj9 | 3:min7 | 2:min7 | 1:7; 6:7 | 2:7 | 5:7 | 1:7"
    ),
    drops=(
        "4:9 | 3:7 | 6:7 | 1:7; 2:9 | 3:7 | 4:9 | 5:7sus; 1:9 | 3:7 | 4:9 | 5:7; "
        "6:7 | 4:9 | 1:7 | 5:7"
    ),
    breaks="4:9; 2:9 | 2:9 | 5:7sus | 5:7sus; 4:9 | 4:9 | 1:9 | 1:9",
    turnarounds="5:7sus; 4/5; 2:7 5:7; 3:7 6:7",
    drums=grammars.DrumGrammar(
        kicks="X...X...X...X... X...X...X...X.3.",
        kick_count=(4, 5),
        backbeats=(
            "clap ....x.......x...; snare ....x.......x... + clap ....x.......x...; "
            "snare ....x.......x..3"
        ),
        ghosts="..2....3.3....24",
        hats=(
            "hat x.O.x.O.x.O.x.O.; hat xoOoxoOoxoOoxoOo; "
            "hat x.O.x.O.x.O.x.O. + tambourine oooooooooooooooo"
        ),
        drop_hats="hat xoOoxoOoxoOoxoOo + tambourine ....x.......x...; hat XoOoXoOoXoOoXoOo",
        busy_hats="hat .o.o.o.o.o.o.o.o; tambourine xoxoXoxoxoxoXoxo",
        extra_kick="...3..3....3..4.",
        percussion=(
            "tambourine ..o.X.o...o.X.o.; conga ..x..xx...x..xx. + tumba ...x...x...x...x; cowbell "
            "X...x...X...x..."
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine xoxoXoxoxoxoXoxo",
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + clap ....x.......x...; tambourine X.o.X.o.X.o.X.o. + snap "
            "....x.......x..."
        ),
        fills="disco",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R..R.xU.R..x.xUA R.xRU.x.R.xRU.xA ..R.U.R...R.U.xA R..xU.xRx.R.U.xA"),
        drop_rhythms="R.URR.URR.URx.UA R.xUR.xUR.xUx.xA RxU.RxU.RxU.RxUA",
        break_rhythms="R=====..x=...... R.......R.U.....",
        busy=".4.4.4.4.4.4.4.4",
        tones="RRUFST",
        lock=0.1,
        gate=0.7,
        longest=3,
        approach=0.6,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x..x....x..x.. x..x..x...x.x... ..x...x...x..xx. x..x..x.........",
        drop_rhythms="x..x..x.x..x..x. ..x..x.x..x..x.x x..x..x...x.x.x.",
        break_rhythms="x============... x=======x=====..",
        velocity=76,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxxoxxoxoxxoxxo x.oxx.oxx.oxx.ox .oxo.oxo.oxo.oxx",
        voices=3,
        low=59,
        high=75,
        velocity=60,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x=x=x=== ..x=x=x= x==x.x== x===..x= x.x.x=== x=======",
        pentatonic=False,
        leaps=0.25,
        velocity=88,
    ),
    instruments={
        "kit": "kit_house kit_disco",
        "bass": "finger_bass slap_bass",
        "chords": "electric_piano fm_piano grand_piano",
        "pad": "strings",
        "riff": "muted_guitar clean_guitar",
        "hook": "strings brass super_saw",
        "response": "brass pluck strings flute",
        "stab": "brass strings",
    },
    full_energy=0.68,
    final="1:9",
)

HOUSE_SUB_GENRES = (DEEP_HOUSE, CHICAGO_HOUSE, DISCO_HOUSE)
"""Models of the style ``house``."""
