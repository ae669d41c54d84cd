namespace LspsPlugin.Fuzz.Targets;

/// <summary>Every reader of strangers' bytes, from the outermost to the innermost.</summary>
internal static class AllTargets
{
    public static IReadOnlyList<FuzzTarget> List { get; } = [.. StreamTargets.List, .. MessageTargets.List, .. ValueTargets.List, .. RecordTargets.List, .. ProcessTargets.List];

    public static FuzzTarget Find(string name) => List.Single(target => target.Name == name);
}
