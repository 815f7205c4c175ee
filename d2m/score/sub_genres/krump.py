"""Music for krump: industrial, orchestral trap and dubstep-like."""

from __future__ import annotations

from d2m.score.sub_genres import sub_genre as grammars

INDUSTRIAL = grammars.SubGenre(
    name="Industrial krump",
    note=(
        "Huge bass drum in bursts, stomping backbeat, metal percussion, a distorted bass riff on "
        "the root and its minor second, brass stabs. Straight (50 to 51 %); backbeat 4 ms late."
    ),
    scales="phrygian; minor; phrygian",
    swing_percent=(50.0, 51.0),
    delays_ms={"snare": 4.0, "hook": 2.0},
    looseness_ms=2.0,
    progressions=(
        "1:5; 1:5 | 1:5 | 1:5 | b2:maj; 1:5 | b2:maj | 1:5 | b7:min; "
        "1:min | 1:min | b6:maj | 5:min; 1:5 | 1:5 | b6:maj | b2:maj"
    ),
    drops=(
        "1:min | b2:maj | 1:min | b7:min; b6:maj | b2:maj | 1:min | 1:min; "
        "1:min | b6:maj | b2:maj | 1:min; 1:min | 1:min | b3:maj | b2:maj"
    ),
    breaks="1:5; b6:maj | b6:maj | 1:min | 1:min; b2:maj | b2:maj | 1:5 | 1:5",
    turnarounds="b2:maj; b2:maj 1:5; b7:min b2:maj; b6:maj b2:maj",
    drums=grammars.DrumGrammar(
        kicks=(
            "X..X..X...XX..4. XX.X....X.X..X.. X..X..X.X..X....X..XX.X...XX.X.. X.XX..X...X..XX. "
            "X..X..4XX.X....."
        ),
        kick_count=(3, 7),
        backbeats=(
            "snare ....X.......X... + clap ....X.......X...; snare ....X.......X..x + clap "
            "....X.......X...; snare ....X.......X... + snare2 ....X.......X..."
        ),
        ghosts="......2...2....4",
        hats="hat X...X...X...X.x.; hat X.x.X.x.X.x.X.x.; hat X..xX..xX..xX.xx",
        drop_hats=(
            "hat X.x.X.O.X.x.X.O.; crash X............... + hat X.x.X.x.X.x.X.xx; "
            "hat X.xxX.xxX.xxX.xx"
        ),
        busy_hats="hat .o.o.o.o.o.o.o.o; hat ..xx..xx..xx..xx",
        extra_kick=".3.4..43.3.4.44.",
        percussion=(
            "block x..x..x.x..x..x. + tom_low X...............; tom_low X..X..X.........; cowbell "
            "..x..x....x..x..; bell x...x...x...x..."
        ),
        busy_percussion=(
            "tom_low ...x..x....x..xx; tom_low X..X..X.X..X..X. + tom_mid .......x.......x"
        ),
        break_drums=(
            "tom_low X..X..X...X..... + hat x...x...x...x...; kick X............... + hat "
            "x...x...x...x... + snap ....x.......x..."
        ),
        fills="heavy",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R==R==R=..RR..AA R..R..R=RR..R.A. RR.R....R.R==..A R==R==R=R==R..AR"),
        drop_rhythms="R==R==R=RR.RR.AR RR.RR.R=RR.RU.AR R==RR=R=..RRR=A=",
        break_rhythms="R=============== R=======........ R==R==..........",
        busy=".......3.......3",
        tones="RRRRUF",
        lock=0.7,
        gate=0.95,
        longest=4,
        approach=0.5,
        low=26,
    ),
    comp=grammars.CompGrammar(
        rhythms="x=======x....... x==.......x=.... X...........X... ..........x=.x=.",
        drop_rhythms="X..X..X...X..... X==.X==.X==.X==. X..X..X.X..X..X.",
        break_rhythms="x=============== x=======........",
        voices=3,
        low=50,
        high=72,
        velocity=84,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x..x..x.x..x..x. ..xx..xx..xx..xx xx..xx..xx..xx..",
        voices=1,
        low=57,
        high=75,
        velocity=74,
        in_groove=False,
    ),
    hook=grammars.HookGrammar(
        cells="x..x..x. x===x=== x==x==x= xx.x..x. x======= ..xx..x= x.x.x.x.",
        pentatonic=False,
        leaps=0.2,
        repeats=0.38,
        velocity=100,
        gate=0.85,
    ),
    instruments={
        "kit": "kit_krump",
        "bass": "reese_bass sub_bass",
        "chords": "distorted_guitar synth_brass super_saw",
        "pad": "choir",
        "riff": "square_lead pluck distorted_guitar",
        "hook": "synth_brass brass square_lead",
        "response": "orchestra_hit choir super_saw strings",
        "stab": "orchestra_hit brass",
    },
    full_energy=0.6,
    final="1:5",
)

ORCHESTRAL_TRAP = grammars.SubGenre(
    name="Orchestral trap",
    note=(
        "Film-like: marching strings and low brass ostinato over 808 drums, choir, snare rolls, "
        "harmonic minor. Straight (50 %); strings 5 ms late."
    ),
    scales="harmonic minor; minor; phrygian",
    swing_percent=(50.0, 50.0),
    delays_ms={"snare": 3.0, "hook": 5.0, "riff": 2.0},
    looseness_ms=2.5,
    progressions=(
        "1:min | 6:maj | 4:min | 5:dom7; 1:min | 1:min | 6:maj | 5:maj; "
        "1:min | b2:maj | 1:min | 5:maj; 1:min | b7:maj | 6:maj | 5:maj; 1:min | 6:maj"
    ),
    drops=(
        "6:maj | b7:maj | 1:min | 5:maj; 1:min | 6:maj | b3:maj | b7:maj; "
        "4:min | 1:min | 5:maj | 1:min; 1:min | b2:maj | 5:dom7 | 1:min"
    ),
    breaks="6:maj; 4:min | 4:min | 1:min | 1:min; 6:maj | 6:maj | 5:maj | 5:maj",
    turnarounds="5:maj; 4:min 5:maj; b2:maj 5:maj; 5:dom7",
    drums=grammars.DrumGrammar(
        kicks="X..X..X...X..X.. X.....XX.X...4.. X..X....X.X..X..X.....X.X.XX..4. X.X...X..XX..4..",
        kick_count=(3, 6),
        backbeats=(
            "snare ....X.......X... + clap ....X.......X...; clap ....X.......X... + snare2 "
            "....x.......x.xx; snare ....X..o....X.oo + clap ....X.......X..."
        ),
        ghosts="..2...3.2.3...45",
        hats="hat X.x.X.x.X.x.X.xr; hat XoxoXoxrXoxoXoxo; hat X.x.X.xxX.x.Xrrr",
        drop_hats="hat XoxoXorrXoxoXxrr; hat X.x.X.O.X.x.X.O. + crash X...............",
        busy_hats="hat .x.x.x.x.x.x.x.x; hat .o.o.o.o.o.o.o.o",
        extra_kick=".3.3..4..3.4.4.4",
        percussion=(
            "tom_low X..X..X.X..X..X.; tom_low X.....X...X..... + tom_mid ...x.......x....; "
            "tambourine ....x.......x...; bell X.......x......."
        ),
        busy_percussion="tom_low X.xxX.xxX.xxX.xx; snare2 ..oo..oo..oo.ooo",
        break_drums=(
            "tom_low X..X..X...X..... + hat x...x...x...x...; hat X...x...X...x... + tom_low "
            "X.......X......."
        ),
        fills="heavy",
    ),
    bass=grammars.BassGrammar(
        rhythms=("R==R==R=..R==R=. R=====R=.R=..R.A R==R==..R=R==R=A R=======..R=..RA"),
        drop_rhythms="R==R==R=R=R==R=A R=R===RR=R=R.R=A R==R==U=R=R==R=A",
        break_rhythms="R=============== R=======R=======",
        tones="RRRUF",
        lock=0.7,
        gate=1.0,
        longest=8,
        approach=0.45,
        low=26,
    ),
    comp=grammars.CompGrammar(
        rhythms="x.x.x.x.x.x.x.x. x.xxx.xxx.xxx.xx x..x..x.x..x..x. x.xxx.x.x.xxx.x.",
        drop_rhythms="x.xxx.xxx.xxx.xx xxx.xxx.xxx.xxx. x.xxx.x.x.xxxxxx",
        break_rhythms="x=======x======= x...x...x...x...",
        voices=3,
        low=48,
        high=70,
        velocity=78,
    ),
    riff=grammars.RiffGrammar(
        rhythms="xoxoxoxoxoxoxoxo x.xxx.xxx.xxx.xx xxxxx.x.xxxxx.x.",
        voices=1,
        low=57,
        high=79,
        velocity=70,
    ),
    hook=grammars.HookGrammar(
        cells="x===x=== x==x==x= x======= x=x=x=== x===x=x= x==.x=x= x.xxx===",
        pentatonic=False,
        leaps=0.3,
        velocity=100,
        gate=0.95,
    ),
    instruments={
        "kit": "kit_krump kit_808",
        "bass": "sub_bass reese_bass",
        "chords": "strings pizzicato cello",
        "pad": "choir",
        "riff": "violin pizzicato harp",
        "hook": "brass choir trumpet",
        "response": "strings choir flute fm_bell",
        "stab": "orchestra_hit brass",
    },
    full_energy=0.62,
)

HALF_TIME_BASS = grammars.SubGenre(
    name="Half-time bass",
    note=(
        "Dubstep's half time counted at the dancer's beat: lone bass drum, giant snare on 2 and 4, "
        "growling bass in rhythms that answer it, triplet-like gaps, thin hats. 16ths swing 50 to "
        "54 % (up to 14 ms at 84 BPM)."
    ),
    scales="minor; phrygian; minor",
    swing_percent=(50.0, 54.0),
    delays_ms={"snare": 3.0, "bass": 2.0, "hook": 3.0},
    looseness_ms=2.0,
    progressions=(
        "1:5 | 1:5 | 6:maj | 1:5; 1:min | 1:min | b6:maj | b7:maj; 1:5 | b2:maj; "
        "1:min | b6:maj | 1:min | 5:min; 1:5 | 1:5 | 4:min | b6:maj"
    ),
    drops=(
        "1:min | 1:min | b6:maj | b7:maj; b6:maj | b7:maj | 1:min | 1:min; "
        "1:min | b3:maj | b6:maj | b2:maj; 4:min | b6:maj | 1:min | b7:maj"
    ),
    breaks="b6:maj | b6:maj | b7:maj | b7:maj; 1:sus2; 4:min | 4:min | b6:maj | b6:maj",
    turnarounds="b7:maj; b2:maj; 5:min; b6:maj b7:maj",
    drums=grammars.DrumGrammar(
        kicks="X.....4.X.X..... X..X......X..4.. X..5..X.X.......X.....X..X4..... X.....X..4X..X..",
        kick_count=(2, 5),
        backbeats=(
            "snare ....X.......X... + clap ....X.......X...; snare ....X.......X... + snare2 "
            "....X.......X...; snare ....X.......X..4 + clap ....x.......x..."
        ),
        ghosts="..2...2..3....34",
        hats=(
            "hat X.x.X.x.X.x.X.x.; hat X..xX.x.X..xX.x.; hat X.xoX.xoX.xoX.xx; shaker "
            "X.x.X.x.X.x.X.x."
        ),
        drop_hats="hat X.x.X.O.X.x.X.O.; hat XoxoXoxoXoxoXoxo; hat X..xX.O.X..xX.xx",
        busy_hats="hat .o.o.o.o.o.o.o.o; hat ...x...r...x..rr",
        extra_kick="...4..43.3.4..4.",
        percussion=(
            "rim ..x..x.....x..x.; tom_low .......x......xx; block ..x..x..x..x..x.; bell "
            "......x.......x."
        ),
        busy_percussion=(
            "shaker xoxoxoxoxoxoxoxo; tom_low ...x..x....x..x. + tom_mid .......x.......x"
        ),
        break_drums=(
            "hat X...x...X...x... + rim ....x.......x...; shaker X.o.X.o.X.o.X.o. + kick "
            "X..............."
        ),
        fills="heavy",
    ),
    bass=grammars.BassGrammar(
        rhythms=(
            "R=====..R=x=..x= R==x==x=....R=xA R===....R=xxR=.A R==R==..x=x=..RAR===..R=R=x=..xA"
        ),
        drop_rhythms="R=xR=xR=..x=R=xA R==x==xxR=x=U=xA RxR.RxR=RxR.U=A= R=x=R.xxR=x=R.UA",
        break_rhythms="R=============== R=======........",
        busy=".......3.......3",
        tones="RRRUUFS",
        lock=0.4,
        gate=0.95,
        longest=5,
        approach=0.4,
        low=26,
    ),
    comp=grammars.CompGrammar(
        rhythms="x=============== x=======....x=.. ....x=......x=.. x===....x===....",
        drop_rhythms="X..X..X...X..... x==x==..x==x==.. X=..X=..X=..X=..",
        break_rhythms="x=============== x=======x=======",
        voices=3,
        low=52,
        high=72,
        velocity=76,
    ),
    riff=grammars.RiffGrammar(
        rhythms="x.x.x.x.x.x.x.x. x..x..x.x..x..x. xx..x.x.xx..x.x.",
        voices=1,
        low=58,
        high=81,
        velocity=66,
    ),
    hook=grammars.HookGrammar(
        cells="x===x=== x==x==x= x======= x=x=x=== ..x=x=x= x==x==.. xx=x=x=.",
        leaps=0.3,
        velocity=94,
        gate=0.92,
    ),
    instruments={
        "kit": "kit_krump kit_electro",
        "bass": "reese_bass fm_bass",
        "chords": "super_saw synth_brass grand_piano",
        "pad": "synth_pad choir",
        "riff": "pluck fm_bell",
        "hook": "super_saw square_lead choir violin",
        "response": "fm_bell pluck synth_brass",
        "stab": "orchestra_hit synth_brass",
    },
    full_energy=0.62,
    final="1:5",
)

KRUMP_SUB_GENRES = (INDUSTRIAL, ORCHESTRAL_TRAP, HALF_TIME_BASS)
"""Models of the style ``krump``."""
