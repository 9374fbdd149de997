"""How pages look, and the one script they have: light and dark, on paper and on a telephone."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--ink:#1d2327;--soft:#5a646c;--paper:#fff;--band:#f3f5f7;--line:#d5dbe0;--go:#0b5cad}
@media (prefers-color-scheme:dark){
:root{--ink:#e6e9ec;--soft:#a3adb5;--paper:#14181b;--band:#1f252a;--line:#39424a;--go:#7db8f5}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main{max-width:64rem;margin:0 auto;padding:.5rem 1rem}
header{border-bottom:1px solid var(--line)}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
nav .language{margin-left:auto}
nav [aria-current]{color:inherit;font-weight:600;text-decoration:none}
main{padding-bottom:4rem}
main:focus{outline:none}
a{color:var(--go)}
:focus-visible{outline:3px solid var(--go);outline-offset:2px}
.skip{position:absolute;left:-99rem}
.skip:focus{position:static;display:inline-block;padding:.5rem 1rem}
h1{font-size:1.7rem;line-height:1.25;margin:1.2rem 0 .3rem}
h2{font-size:1.2rem;margin:2rem 0 .4rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
h4,h5{font-size:.95rem;margin:1.2rem 0 .3rem}
h1,h2,h3,h4,h5,td,th,li{overflow-wrap:break-word}
p,ul{max-width:46rem;margin:.4rem 0}
.lead{font-size:1.15rem}
.note{color:var(--soft)}
code{font:.88em/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
@media (min-width:40rem){td:first-child code{white-space:nowrap}}
ul{padding-left:1.2rem}
.found{list-style:none;padding:0;max-width:none}
.found li{padding:.3rem 0;border-top:1px solid var(--line)}
.found li[hidden]{display:none}
.wide{overflow-x:auto;margin:.4rem 0}
table{border-collapse:collapse;width:100%}
.many{min-width:56rem}
.many td:first-child code{white-space:nowrap}
th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line)}
tbody th{font-weight:600;width:11rem;color:var(--soft)}
thead th{color:var(--soft);font-weight:600;font-size:.9rem}
details{margin:.5rem 0;padding:.3rem .8rem;background:var(--band);border-radius:.4rem}
summary{cursor:pointer}
.stays{position:sticky;top:0}
.search{background:var(--paper);padding:.6rem 0;border-bottom:1px solid var(--line)}
.search label{display:block;font-weight:600}
.search input{width:100%;max-width:46rem;font:inherit;padding:.5rem .7rem;color:inherit;background:var(--band);
border:1px solid var(--line);border-radius:.4rem}
#told{margin:.2rem 0 0;color:var(--soft);min-height:1.5em}
svg text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--ink)}
svg a:hover text,svg a:focus text{text-decoration:underline}
svg .box{fill:var(--band);stroke:var(--line)}
svg .own .box{stroke:var(--go);stroke-width:2}
svg .edge{fill:none;stroke:var(--soft);stroke-opacity:.55}
@media (max-width:40rem){tbody th{width:7rem}h1{font-size:1.4rem}}
@media print{nav,.search{display:none}header,main{max-width:none}.wide{overflow:visible}.many{min-width:0;
font-size:.8rem}td:first-child code,.many td:first-child code{white-space:normal}th,td{padding-right:.4rem}
tr{break-inside:avoid}h2,h3,h4,h5{break-after:avoid}}
"""
# Every word asked for must begin a word, or stand inside one, of what an item is found by.
SCRIPT = """
(function(){
"use strict";
var index=JSON.parse(document.getElementById("index").textContent);
var field=document.getElementById("search"),told=document.getElementById("told");
var items=Array.prototype.slice.call(document.querySelectorAll("li[data-name]"));
function plain(text){return text.normalize("NFD").replace(/[\\u0300-\\u036f]/g,"").toLowerCase()
.replace(/[\\u2018\\u2019]/g,"'").replace(/\\u0153/g,"oe");}
function look(){
var words=plain(field.value).split(/\\s+/).filter(Boolean),count=0;
items.forEach(function(item){
var text=index[item.getAttribute("data-name")]||"";
var fits=words.every(function(word){return text.indexOf(word)>=0;});
item.hidden=!fits;if(fits){count+=1;}});
Array.prototype.forEach.call(document.querySelectorAll("ul.found"),function(list){
var empty=!list.querySelector("li:not([hidden])");
list.hidden=empty;
if(list.previousElementSibling){list.previousElementSibling.hidden=empty;}});
told.textContent=!words.length?"":count?told.getAttribute("data-found").replace("{}",count):
told.getAttribute("data-nothing");
}
field.addEventListener("input",look);
look();
})();
"""
