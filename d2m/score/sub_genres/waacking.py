"""Music for waacking: disco, Hi-NRG and orchestral disco."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

DISCO = grammars.SubGenre(
    name="Disco",
    note=(
        "Four on the floor with open hi-hats on the off-beats, octave bass, scratch guitar, "
        "sweeping strings and brass answers, chords round the circle of fifths. Straight (50 to 52 "
        "%, at most 5 ms at 120 BPM); guitar pushes 2 ms."
    ),
    scales="minor; minor; dorian; major",
    swing_percent=(50.0, 52.0),
    delays_ms={"riff": -2.0, "snare": 2.0, "hook": 4.0},
    looseness_ms=4.0,
    progressions=(
        "1:min7 | 4:min7 | b7:maj | b3:maj7; 1:7 | 1:7 | 4:7 | 5:7; 6:maj7 | 7:maj | 1:7 | 1:7; "
        "1:7 | 6:maj7 | 4:7 | 5:dom7; 2:7 | 5:dom7 | 1:7 | 6:7"
    ),
    drops=(
        "4:7 | b7:dom7 | b3:maj7 | b6:maj7; 1:7 | 4:7 | b7:maj | 5:dom7; "
        "6:maj7 | 7:maj | 5:7 | 1:7; 4:7 | 5:dom7 | 1:7 | 1:7"
    ),
    breaks="6:maj7; 4:7 | 4:7 | 5:7sus | 5:dom7; 6:maj7 | 6:maj7 | 7:maj | 7:maj",
    turnarounds="5:dom7; 5:7sus 5:dom7; b2:maj7 5:dom7; b7:maj 5:dom7",
    drums=grammars.DrumGrammar(
        kicks="X...X...X...X... X...X...X...X..2 X...X...X...X.2.",
        kick_count=(4, 5),
        backbeats=(
            "snare ....x.......x...; snare ....x.......x... + clap ....x.......x...; "
            "snare ....x.......x..4"
        ),
        ghosts="..1....3.2....23",
        hats="hat x.O.x.O.x.O.x.O.; hat xoOoxoOoxoOoxoOo; hat xxO.xxO.xxO.xxO.",
        drop_hats="hat xoOoxoOoxoOoxoOo; hat x.O.x.O.x.O.x.O. + tambourine oooooooooooooooo",
        busy_hats="hat .o.o.o.o.o.o.o.o; tambourine xoxoXoxoxoxoXoxo",
        extra_kick="...2..3....2..4.",
        percussion=(
            "tambourine ..o.X.o...o.X.o.; conga ..x..xx...x..xx. + tumba ...x...x...x...x; "
            "cowbell X...x...X...x...; tambourine xoxoXoxoxoxoXoxo"
        ),
        busy_percussion=(
            "tambourine xoxoXoxoxoxoXoxo; shaker xoxoxoxoxoxoxoxo + cowbell x...x...x...x..."
        ),
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + clap ....x.......x...; conga ..x..xx...x..xx. + tumba "
            "X...X...X...X... + tambourine ....x.......x..."
        ),
        fills="disco",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R.U.R.U.R.U.R.U. R.U.R.U.R.U.RxUA R.URR.U.R.URR.UA R..UR.U.R..UR.UA"),
        drop_rhythms="R.URR.URR.URR.UA RRU.RRU.RRU.RxUA R.U.R.U.RxU.xxxA",
        break_rhythms="R=======........ R.......U.......",
        busy=".3.3.3.3.3.3.3.3",
        tones="RUFTS",
        lock=0.0,
        gate=0.7,
        longest=2,
        approach=0.7,
    ),
    comp=grammars.CompGrammar(
        rhythms="..x...x...x...x. x..x..x...x..... ..x..x....x..x.. x...x..x..x.x...",
        drop_rhythms="x.x...x.x.x...x. ..x.x.x...x.x.xx ..x...x...x.x.x.",
        break_rhythms="x=======x======= x===============",
        low=52,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxxoxxoxoxxoxxo xoxoxoxxxoxoxoxx .oxo.oxo.oxo.oxx",
        voices=3,
        low=59,
        high=75,
        velocity=60,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x=x=x=x= x===x=x= x=xxx=x= ..x=x=x= x======= xxx=x===",
        pentatonic=False,
        leaps=0.28,
        velocity=94,
        gate=0.92,
    ),
    instruments={
        "kit": "kit_disco",
        "bass": "finger_bass finger_bass slap_bass",
        "chords": "electric_piano grand_piano clavinet",
        "pad": "strings",
        "riff": "muted_guitar clean_guitar",
        "hook": "strings brass violin trumpet",
        "response": "brass flute strings vibraphone",
        "stab": "brass strings",
    },
    full_energy=0.66,
)

HI_NRG = grammars.SubGenre(
    name="Hi-NRG",
    note=(
        "Electronic disco: galloping octave synth bass in 16ths, electro claps, cowbell, arpeggios "
        "and a bright lead over four minor chords. Straight (50 %); machine-tight."
    ),
    scales="minor",
    swing_percent=(50.0, 50.0),
    delays_ms={"hook": 2.0},
    looseness_ms=1.2,
    progressions=(
        "1:min | 6:maj | 7:maj | 1:min; 1:min | 7:maj | 6:maj | 7:maj; "
        "1:min | 6:maj | b3:maj | 7:maj; 6:maj | 7:maj | 1:min | b3:maj; "
        "1:min | 4:min | 7:maj | b3:maj"
    ),
    drops=(
        "6:maj | 7:maj | 5:min | 1:min; 4:min | 7:maj | b3:maj | 6:maj; "
        "1:min | b3:maj | 6:maj | 5:dom7; 6:maj | 7:maj | 1:min | 5:dom7"
    ),
    breaks="6:maj | 6:maj | 7:maj | 7:maj; 4:min | 4:min | 6:maj | 5:dom7; 1:min | 6:maj",
    turnarounds="5:dom7; 7:maj 5:dom7; 4:min 5:dom7; 6:maj 7:maj",
    drums=grammars.DrumGrammar(
        kicks="X...X...X...X... X...X...X...X..3",
        kick_count=(4, 5),
        backbeats=(
            "clap ....x.......x... + snare ....o.......o...; clap ....x.......x..4; "
            "snare ....x.......x..."
        ),
        ghosts="...1...2...1..23",
        hats="hat x.O.x.O.x.O.x.O.; hat xoOoxoOoxoOoxoOo; hat ..O...O...O...O.",
        drop_hats="hat xoOoxoOoxoOoxoOo; hat XxOxXxOxXxOxXxOx",
        busy_hats="hat .o.o.o.o.o.o.o.o; tambourine xoxoXoxoxoxoXoxo",
        extra_kick="...2..3....3..43",
        percussion=(
            "cowbell x.xxx.x.x.xxx.x.; cowbell X...x...X...x.x.; tambourine xoxoXoxoxoxoXoxo; "
            "tom_high ......x.......x. + tom_low .......x.......x"
        ),
        busy_percussion="shaker xoxoxoxoxoxoxoxo; tambourine xoxoXoxoxoxoXoxo",
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + clap ....x.......x...; hat XoxoXoxoXoxoXoxo + cowbell "
            "x...x...x...x..."
        ),
        fills="electronic",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R.UUR.UUR.UUR.UU .RUR.RUR.RUR.RUR RURURURURURURURU R.RUR.RUR.RUR.RA"),
        drop_rhythms="RRUURRUURRUURRUU RURURURURURURUxA R.UUR.UUR.UUxxUA",
        break_rhythms="R=======........ R.......R.......",
        busy=".2.2.2.2.2.2.2.2",
        tones="RUF",
        lock=0.0,
        gate=0.65,
        longest=1,
        approach=0.4,
    ),
    comp=grammars.CompGrammar(
        rhythms="x.x.x.x.x.x.x.x. xxxxxxxxxxxxxxxx x.xxx.xxx.xxx.xx",
        drop_rhythms="xxxxxxxxxxxxxxxx x.xxx.xxx.xxx.xx",
        break_rhythms="x.x.x.x.x.x.x.x. x...x...x...x...",
        texture="arpeggio",
        low=55,
        high=77,
        velocity=68,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x..x..x...x.x... ..x...x...x...x. x.x..x..x.x..x..",
        voices=3,
        low=59,
        high=75,
        velocity=70,
    ),
    hook=grammars.HookGrammar(
        cells="x==x==x= x=x=x=x= x===x=== x=x=x=== ..x=x=x= x.xx.xx. x=======",
        pentatonic=False,
        leaps=0.28,
        velocity=94,
    ),
    instruments={
        "kit": "kit_electro kit_house",
        "bass": "synth_bass fm_bass",
        "chords": "pluck fm_bell square_lead",
        "pad": "strings synth_pad",
        "riff": "synth_brass super_saw",
        "hook": "super_saw square_lead synth_brass",
        "response": "fm_bell strings sine_lead",
        "stab": "orchestra_hit synth_brass",
    },
    full_energy=0.68,
)

ORCHESTRAL_DISCO = grammars.SubGenre(
    name="Orchestral disco",
    note=(
        "Big and theatrical: string runs and trills against brass, harp and vibraphone, secondary "
        "dominants and key-changing turnarounds, open hats and tambourine. Straight (50 to 51 %); "
        "strings speak 8 ms late."
    ),
    scales="minor; major; harmonic minor",
    swing_percent=(50.0, 51.0),
    delays_ms={"hook": 6.0, "pad": 0.0, "response": 3.0},
    looseness_ms=4.5,
    progressions=(
        "1:7 | 4:7 | 7:dom7 | b3:maj7; 1:maj7 | 6:dom7b9 | 2:min7 | 5:dom7; "
        "1:min | 5:dom7 | 6:maj | 4:min; 4:7 | 5:dom7 | 3:7 | 6:7; 1 | 3:dom7 | 6:min7 | 5:dom7"
    ),
    drops=(
        "4:7 | 5:dom7 | 1:7 | 6:dom7; 2:7 | 5:dom7 | 3:7 | 6:dom7b9; 1 | 1:dom7 | 4 | 4:min; "
        "6:7 | 2:7 | 5:dom7 | 1"
    ),
    breaks="4:maj7 | 4:maj7 | 3:min7 | 6:dom7; 2:7 | 2:7 | 5:7sus | 5:dom7; 4:7 | 4:min7 | 1 | 1",
    turnarounds="5:7sus 5:dom7; 2:7 5:dom7; b6:maj7 5:dom7; 4:min 5:dom7",
    drums=grammars.DrumGrammar(
        kicks="X...X...X...X... X...X...X...X.3.",
        kick_count=(4, 5),
        backbeats=(
            "snare ....x.......x...; snare ....x.......x..3; snare ....x.......x... + tambourine "
            "....X.......X..."
        ),
        ghosts="..1....2.2....24",
        hats="hat x.O.x.O.x.O.x.O.; hat xoOoxoOoxoOoxoOo; hat x.Oox.Oox.Oox.Oo",
        drop_hats="hat xoOoxoOoxoOoxoOo; ride x.x.x.x.x.x.x.x. + hat ..O...O...O...O.",
        busy_hats="tambourine xoxoXoxoxoxoXoxo; hat .o.o.o.o.o.o.o.o",
        extra_kick="...2..2....2..4.",
        percussion=(
            "tambourine xoxoXoxoxoxoXoxo; tambourine ..o.X.o...o.X.o. + triangle x.......x.......; "
            "conga ..x..xx...x..xx. + tumba ...x...x...x...x"
        ),
        busy_percussion=(
            "tambourine xoxoXoxoxoxoXoxo; triangle x.x.x.x.x.x.x.x. + shaker xoxoxoxoxoxoxoxo"
        ),
        break_drums=(
            "hat X.o.X.o.X.o.X.o. + triangle ....x.......x...; tambourine X.o.X.o.X.o.X.o. + snap "
            "....x.......x..."
        ),
        fills="disco",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R.U.R.U.F.U.R.UA R..RU.R.F..RU.xA R.x.T.x.F.x.U.xA R.R.U.R.F.R.U.xA"),
        drop_rhythms="R.URR.URF.URR.UA R.x.T.x.F.x.SxxA R.U.R.U.RxU.xxxA",
        break_rhythms="R=======F======= R=======........",
        busy=".2.2.2.2.2.2.2.2",
        tones="RTFUS",
        lock=0.0,
        gate=0.75,
        longest=3,
        approach=0.85,
    ),
    comp=grammars.CompGrammar(
        rhythms="x..x..x...x.x... ..x...x...x...x. x...x.x.x...x.x. x=..x=..x=..x=..",
        drop_rhythms="x.x.x.x.x.x.x.x. x...x.x.x...x.xx x.xxx.xxx.xxx.xx",
        break_rhythms="x=======x======= x=x=x=x=x=x=x=x=",
        low=52,
        high=72,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xxxx....xxxx.... ....xxxx....xxxx xxxxx...xxxxx...",
        voices=1,
        low=61,
        high=83,
        velocity=68,
    ),
    hook=grammars.HookGrammar(
        cells="x===x=x= x=x=x=x= x==x==x= x=xxx=x= x======. xxxxx=== x=====x= ..xxx=x=",
        pentatonic=False,
        leaps=0.3,
        repeats=0.12,
        velocity=96,
        gate=0.95,
    ),
    instruments={
        "kit": "kit_disco",
        "bass": "finger_bass",
        "chords": "grand_piano electric_piano",
        "pad": "strings",
        "riff": "harp pizzicato vibraphone",
        "hook": "strings brass violin",
        "response": "brass flute trumpet clarinet",
        "stab": "brass orchestra_hit",
    },
    full_energy=0.66,
)

WAACK_SUB_GENRES = (DISCO, HI_NRG, ORCHESTRAL_DISCO)
"""Models of the style ``waack``, the dance waacking."""
