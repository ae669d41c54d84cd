using System.Reflection;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios;

/// <summary>
/// Marks a static method that takes a network and runs a scenario on it; its name, read as a sentence, states what must be true. Or a
/// method that takes nothing and returns a family of scenarios, each with its name.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScenarioAttribute : Attribute
{
    public Need Needs { get; init; }
}

/// <summary>A scenario and its group.</summary>
public sealed record Scenario(string Group, string Name, Need Needs, Func<IRegtest, Task> Play)
{
    /// <summary>All scenarios, ordered by group and name.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        .. from type in typeof(Scenario).Assembly.GetTypes()
           from method in type.GetMethods()
           let marked = (ScenarioAttribute?)Attribute.GetCustomAttribute(method, typeof(ScenarioAttribute))
           where marked is not null
           orderby type.Name, method.MetadataToken
           from scenario in Plays(method)
           select new Scenario(type.Name, scenario.Name, marked.Needs, scenario.Play),
    ];

    private static IEnumerable<(string Name, Func<IRegtest, Task> Play)> Plays(MethodInfo method) => method.GetParameters().Length == 0
        ? (IEnumerable<(string, Func<IRegtest, Task>)>)method.Invoke(null, null)!
        : [(method.Name, method.CreateDelegate<Func<IRegtest, Task>>())];

    public override string ToString() => Name.Replace('_', ' ');
}
