using System.Globalization;
using LspsPlugin.Fuzz;
using LspsPlugin.Fuzz.Targets;
using Spectre.Console;

// Lines of hex must not be broken at the terminal's width.
TextWriter output = AnsiConsole.Profile.Out.Writer;
string? Option(string name) => args.SkipWhile(arg => arg != name).Skip(1).FirstOrDefault();
int? Number(string name) => int.TryParse(Option(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : null;

string? wanted = args.FirstOrDefault() is { } first && !first.StartsWith('-') ? first : null;
FuzzTarget[] targets = [.. AllTargets.List.Where(target => wanted is null || target.Name == wanted)];
if (targets.Length == 0)
{
    output.WriteLine($"there is no target '{wanted}'; there are: {string.Join(' ', AllTargets.List.Select(target => target.Name))}");
    return 2;
}

if (Option("--input") is { } hex)
{
    if (targets.Length > 1) output.WriteLine("--input needs the name of a target");
    Finding? again = targets.Length > 1 ? null : FuzzRun.Try(targets[0], null, Convert.FromHexString(hex));
    output.WriteLine(again?.ToString() ?? $"{targets[0].Name}: nothing found with this input");
    return again is null ? 0 : 1;
}

TimeProvider clock = TimeProvider.System;
int seed = Number("--seed") ?? (int)(clock.GetTimestamp() & 0x3fff_ffff);
TimeSpan each = TimeSpan.FromSeconds(Number("--seconds") ?? 60) / targets.Length;
int failed = 0;
foreach (FuzzTarget target in targets)
{
    long began = clock.GetTimestamp();
    (int inputs, Finding? finding) = FuzzRun.Run(target, seed, tried => Number("--inputs") is { } most ? tried < most : clock.GetElapsedTime(began) < each);
    output.WriteLine($"{target.Name,-16} {inputs,9} inputs from seed {seed} on, {clock.GetElapsedTime(began).TotalSeconds:0.0} s{(finding is null ? "" : ", FAILED")}");
    if (finding is null) continue;
    output.WriteLine(finding.Shrink());
    failed++;
}

return failed == 0 ? 0 : 1;
