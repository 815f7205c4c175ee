"""The style sheet and the script of the page of a comparison."""

from __future__ import annotations

COMPARISON_STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#222;--faint:#5f6368;--line:#d0d4da;
--card:#f5f6f8;--accent:#0a58a5;--warn:#8a4b00;--good:#00644b}
@media (prefers-color-scheme:dark){:root{--paper:#0f172a;--ink:#ededed;--faint:#a9b4c4;
--line:#334155;--card:#182238;--accent:#7cc0f5;--warn:#f0b35a;--good:#4cd3a5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:82rem;padding:1rem clamp(1rem,3vw,2.5rem) 4rem;background:var(--paper);
color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;
overflow-wrap:break-word}
h1{font-size:1.8rem;line-height:1.2;margin:1rem 0 .3rem}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem}h3{font-size:1.05rem;margin:1.5rem 0 .4rem}
p,ul,dl{max-width:50rem}a{color:var(--accent)}
.facts{color:var(--faint);margin-top:0}
.warnings{border-left:4px solid var(--warn);background:var(--card);padding:.6rem 1rem;
margin:1rem 0;max-width:50rem}.warnings ul{margin:.2rem 0;padding-left:1.2rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.4rem;margin:.6rem 0}
.scroll:focus-visible{outline:3px solid var(--accent)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.6rem .8rem;color:var(--faint);caption-side:bottom;font-size:.9rem}
th,td{padding:.45rem .8rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
thead th{background:var(--card);vertical-align:bottom;font-weight:600;min-width:5.5rem}
th[scope=row],thead th:first-child{text-align:left;position:sticky;left:0;background:var(--paper);
font-weight:600;min-width:9rem;max-width:13rem;z-index:1}
thead th:first-child{background:var(--card)}
tr.trivial th[scope=row]{font-weight:400;color:var(--faint)}
tr.trivial td{color:var(--faint)}
tr.first td,tr.first th{border-top:2px solid var(--faint)}
small{display:block;color:var(--faint);font-size:.8rem;white-space:nowrap}
th button{all:unset;cursor:pointer;font:inherit;color:var(--accent)}
th button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
td.apart{color:var(--good);font-weight:600}
td.text,table.words th{text-align:left}td.text{min-width:10rem}
@media (max-width:40rem){th[scope=row],thead th:first-child{min-width:6.5rem;max-width:7.5rem}
th,td{padding:.4rem .5rem}}
.plot{overflow-x:auto;margin:.8rem 0}.plot img{width:100%;min-width:42rem;display:block}
details{border:1px solid var(--line);border-radius:.4rem;margin:.5rem 0;padding:0 1rem}
summary{cursor:pointer;padding:.6rem 0;font-weight:600}
summary span{font-weight:400;color:var(--faint)}
.players{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));
gap:.8rem;padding:.4rem 0 1rem}
.players figure{margin:0}.players figcaption{font-size:.9rem}
.players audio{width:100%;height:2.6rem}
video{width:100%;max-width:26rem;max-height:60vh;border-radius:.4rem;background:#000;
position:sticky;top:.5rem}
.note{color:var(--warn)}dt{font-weight:600;margin-top:.7rem}dd{margin:0}
dd em{color:var(--faint);font-style:normal}
"""
"""CSS: light and dark by the setting of the device, one column on phones."""
COMPARISON_SCRIPT = """
document.querySelectorAll('table.sortable').forEach(table=>{
const heads=[...table.tHead.rows[0].cells];
heads.forEach((head,column)=>{head.querySelector('button').addEventListener('click',()=>{
const down=head.getAttribute('aria-sort')!=='descending';
heads.forEach(one=>one.removeAttribute('aria-sort'));
head.setAttribute('aria-sort',down?'descending':'ascending');
const value=row=>{const cell=row.cells[column];const text=cell.dataset.value;
return text===undefined?cell.textContent:text===''?null:Number(text)};
const rows=[...table.tBodies[0].rows];
rows.sort((a,b)=>{const x=value(a),y=value(b);
if(x===null||y===null)return (x===null)-(y===null);
const order=typeof x==='number'?x-y:x.localeCompare(y);return down?-order:order});
rows.forEach(row=>{row.classList.remove('first');table.tBodies[0].append(row)})})})});
const sounds=[...document.querySelectorAll('audio')];
sounds.forEach(sound=>{const video=sound.closest('details').querySelector('video');
sound.addEventListener('play',()=>{sounds.forEach(one=>{if(one!==sound)one.pause()});
if(video){video.currentTime=sound.currentTime;video.play()}});
if(video){sound.addEventListener('pause',()=>video.pause());
sound.addEventListener('seeked',()=>{video.currentTime=sound.currentTime})}});
"""
"""JavaScript: columns sort by their heads; one sound plays at a time, with its clip."""
