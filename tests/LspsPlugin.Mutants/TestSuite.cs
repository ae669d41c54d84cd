using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace LspsPlugin.Mutants;

/// <summary>One test: a fact, or one row of a theory.</summary>
internal sealed record TestCase(string Name, MethodInfo Method, object?[] Arguments)
{
    /// <exception cref="Exception">The test fails.</exception>
    public void Run()
    {
        object? instance = Method.IsStatic ? null : Activator.CreateInstance(Method.DeclaringType!);
        try
        {
            if (Method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, Arguments, CultureInfo.InvariantCulture) is Task task) task.GetAwaiter().GetResult();
        }
        finally
        {
            (instance as IDisposable)?.Dispose();
        }
    }
}

/// <summary>The tests of an assembly, with the mutated assembly in the place of the real one. Statics belong to this suite alone.</summary>
internal sealed class TestSuite
{
    // What is neither the product nor a test is loaded once.
    private static readonly Dictionary<string, SharedContext> Shared = [];

    private readonly FieldInfo _active;
    private readonly FieldInfo _capture;
    private readonly MethodInfo _covered;
    private readonly Assembly _mutated;
    private readonly Assembly _tests;

    public TestSuite(string tests, string mutated, bool isOneOfMany = false)
    {
        var context = new SuiteContext(Path.GetFullPath(tests), Path.GetFullPath(mutated), isOneOfMany);
        _mutated = context.LoadFromAssemblyPath(Path.GetFullPath(mutated));
        _tests = context.LoadFromAssemblyPath(Path.GetFullPath(tests));
        Type control = _mutated.GetTypes().Single(static type => type.Name == "MutantControl");
        _active = control.GetField("ActiveMutant")!;
        _capture = control.GetField("CaptureCoverage")!;
        _covered = control.GetMethod("GetCoverageData")!;
        Tests = [.. from type in _tests.GetTypes()
                    where type is { IsPublic: true, IsAbstract: false } || type is { IsPublic: true, IsSealed: true }
                    from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                    where method.GetCustomAttributes().Any(static a => a.GetType().Name is "FactAttribute" or "TheoryAttribute")
                    from test in CasesOf(method)
                    select test];
    }

    public IReadOnlyList<TestCase> Tests { get; }

    public int Active { set => _active.SetValue(null, value); }

    public bool Captures { set => _capture.SetValue(null, value); }

    /// <summary>What ran since the last call, and what of it to initialize a static field.</summary>
    public (int[] All, int[] Static) TakeCoverage()
    {
        var lists = (IList<int>[])_covered.Invoke(null, null)!;
        return ([.. lists[0]], [.. lists[1]]);
    }

    /// <summary>Runs all static constructors, so that no test is the one that happens to run them.</summary>
    public void InitializeStatics()
    {
        foreach (Type type in _mutated.GetTypes().Concat(_tests.GetTypes()).Where(static type => !type.ContainsGenericParameters)) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
    }

    private static IEnumerable<TestCase> CasesOf(MethodInfo method)
    {
        string name = $"{method.DeclaringType!.Name}.{method.Name}";
        if (method.GetParameters().Length == 0) return [new TestCase(name, method, [])];
        return method.GetCustomAttributes().SelectMany(attribute => RowsOf(method, attribute)).Select((row, i) => new TestCase($"{name} {i}", method, Fit(method, row)));
    }

    private static IEnumerable<object?[]> RowsOf(MethodInfo method, Attribute attribute)
    {
        object? Property(string name) => attribute.GetType().GetProperty(name)!.GetValue(attribute);
        if (attribute.GetType().Name == "InlineDataAttribute") return [(object?[])Property("Data")!];
        if (attribute.GetType().Name != "MemberDataAttribute") return [];
        MemberInfo member = method.DeclaringType!.GetMember((string)Property("MemberName")!, BindingFlags.Public | BindingFlags.Static).Single();
        object? rows = member is PropertyInfo property ? property.GetValue(null) : ((MethodInfo)member).Invoke(null, null);
        return ((IEnumerable)rows!).Cast<object>().Select(static row => row as object?[] ?? (object?[])row.GetType().GetInterface("ITheoryDataRow")!.GetMethod("GetData")!.Invoke(row, null)!);
    }

    /// <summary>The row as the parameters want it: numbers of their type, defaults for what is missing, and the rest in the last one's array.</summary>
    private static object?[] Fit(MethodInfo method, object?[] row) => [.. method.GetParameters().Select((parameter, i) =>
    {
        if (!parameter.IsDefined(typeof(ParamArrayAttribute)) || (i < row.Length && parameter.ParameterType.IsInstanceOfType(row[i]))) return Fit(i < row.Length ? row[i] : parameter.DefaultValue, parameter.ParameterType);
        Type element = parameter.ParameterType.GetElementType()!;
        Array rest = Array.CreateInstance(element, Math.Max(0, row.Length - i));
        for (int k = 0; k < rest.Length; k++) rest.SetValue(Fit(row[i + k], element), k);
        return rest;
    })];

    private static object? Fit(object? value, Type wanted)
    {
        Type type = Nullable.GetUnderlyingType(wanted) ?? wanted;
        return value is null || type.IsInstanceOfType(value) || type.IsEnum ? value : Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
    }

    private sealed class SharedContext(string folder) : AssemblyLoadContext
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            string file = Path.Combine(folder, assemblyName.Name + ".dll");
            return File.Exists(file) ? LoadFromAssemblyPath(file) : null;
        }
    }

    private sealed class SuiteContext(string tests, string mutated, bool isOneOfMany) : AssemblyLoadContext(isOneOfMany)
    {
        private readonly string _folder = Path.GetDirectoryName(tests)!;
        private readonly string _replaced = AssemblyName.GetAssemblyName(mutated).Name!;

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (assemblyName.Name == _replaced) return LoadFromAssemblyPath(mutated);
            string file = Path.Combine(_folder, assemblyName.Name + ".dll");
            if (!File.Exists(file)) return null;
            if (assemblyName.Name!.StartsWith("LspsPlugin.", StringComparison.Ordinal)) return LoadFromAssemblyPath(file);
            if (!Shared.TryGetValue(_folder, out SharedContext? shared)) Shared[_folder] = shared = new SharedContext(_folder);
            return shared.LoadFromAssemblyName(assemblyName);
        }
    }
}
