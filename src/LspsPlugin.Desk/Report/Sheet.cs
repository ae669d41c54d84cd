namespace LspsPlugin.Desk.Report;

/// <summary>The style sheet of the page.</summary>
internal static class Sheet
{
    public static string Css { get; } = $$$"""
        :root{color-scheme:light dark;{{{Palette.Variables(static paint => paint.Light)}}} }
        @media (prefers-color-scheme:dark){:root{ {{{Palette.Variables(static paint => paint.Dark)}}} }}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
        main{max-width:1200px;margin:0 auto;padding:24px 16px 48px}
        h1{font-size:1.6rem;line-height:1.25;margin:0 0 4px}
        h2{font-size:1.1rem;line-height:1.3;margin:0 0 4px}
        p{margin:0 0 8px}
        header p,figcaption,.none,footer,.unit{color:var(--quiet)}
        header p,figcaption,footer{font-size:.9rem}
        .tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(158px,1fr));gap:12px;margin:20px 0;padding:0}
        .tiles div,figure,section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px}
        .tiles dt{color:var(--quiet);font-size:.85rem}
        .tiles dd{margin:2px 0 0;font-size:1.25rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
        .tiles dd span{display:block;font-size:.8rem;font-weight:400;color:var(--quiet)}
        .plots{display:grid;gap:16px;grid-template-columns:minmax(0,1fr)}
        @media (min-width:1000px){.plots{grid-template-columns:repeat(2,minmax(0,1fr))}}
        figure{margin:0}
        section{margin:0 0 16px}
        section ul{list-style:none;margin:8px 0 0;padding:0}
        section li{padding:8px 0;border-top:1px solid var(--rule)}
        section li:first-child{border-top:0}
        .tag{display:inline-block;min-width:3.4em;font-size:.8rem;font-weight:700;text-transform:uppercase;letter-spacing:.03em}
        .now{color:var(--alarm)} .soon{color:var(--warn)} .note{color:var(--quiet)} .ok{color:var(--fine)}
        .remedy{display:block;color:var(--quiet);font-size:.9rem}
        svg{display:block;width:100%;height:auto;margin-top:12px;font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
        svg text{fill:var(--quiet)}
        .start{text-anchor:start} .middle{text-anchor:middle} .end{text-anchor:end}
        svg .start,svg .strong{fill:var(--ink)} .strong{font-weight:600}
        .grid{stroke:var(--rule)} .zero{stroke:var(--quiet)}
        .hit{fill:transparent} g:hover .hit{fill:var(--rule);opacity:.5}
        .track{fill:var(--rule);opacity:.6}
        .net{stroke:var(--ink);stroke-width:1.5;fill:none} circle.net{fill:var(--ink);stroke:none}
        .area{fill:var(--a);opacity:.25} .edge{fill:none;stroke:var(--a);stroke-width:2}
        {{{string.Join('\n', Palette.Shapes.Select(static paint => $".p-{paint.Name}{{fill:var(--{paint.Name})}} .k-{paint.Name}{{background:var(--{paint.Name})}}"))}}}
        .k-net{background:var(--ink)}
        .narrow{display:none}
        @media (max-width:600px){.wide{display:none}.narrow{display:block}main{padding:16px 12px 32px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:8px}.tiles div,figure,section{padding:12px}}
        .legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:8px 0 0;padding:0;font-size:.85rem}
        .key{display:inline-block;width:.75em;height:.75em;border-radius:2px;margin-right:.45em}
        .k-net.key{height:.2em;width:1em;vertical-align:.25em}
        details{margin-top:12px;font-size:.9rem}
        summary{cursor:pointer;color:var(--quiet)}
        .scroll{overflow-x:auto;max-height:24rem;overflow-y:auto}
        table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;overflow-wrap:normal}
        th,td{padding:4px 8px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
        th:first-child{text-align:left;padding-left:0}
        td:last-child{padding-right:0}
        th{font-weight:600} tbody th{font-weight:400}
        :focus-visible{outline:2px solid var(--a);outline-offset:2px}
        footer{margin-top:24px}
        @media print{.scroll{max-height:none}}
        """;
}
