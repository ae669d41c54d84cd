using System.Reflection;
using LspsPlugin.Scenarios.Network;

namespace LspsPlugin.Scenarios;

/// <summary>
/// A static method that takes a network and plays something on it; its name, read as a sentence, says what must be true. Or one that takes
/// nothing and gives a family of such plays, each with its name.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScenarioAttribute : Attribute
{
    public Need Needs { get; init; }
}

/// <summary>A scenario and where it comes from.</summary>
public sealed record Scenario(string Group, string Name, Need Needs, Func<IRegtest, Task> Play)
{
    /// <summary>All of them, in the order of the groups' and their own names.</summary>
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
