using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>Where a fault is proven harmless.</summary>
/// <param name="Project">Without the common prefix.</param>
/// <param name="Member">Null when the whole type says so.</param>
internal sealed record Proof(string Fault, string Project, string Type, string? Member);

/// <summary>The [Covers] annotations of all test projects, read from the assemblies without loading them.</summary>
internal static class Annotations
{
    public static IReadOnlyList<Proof> Read()
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string bin = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        return [.. Projects().SelectMany(project =>
        {
            string assembly = project == "LspsPlugin.Simulation" ? "lsps-regtest" : project;
            return ReadAssembly(Path.Combine(bin, project, configuration, assembly + ".dll"), project["LspsPlugin.".Length..]);
        })];
    }

    /// <summary>Every test project of the repository, the scenarios that they play, and the simulation with its checkers.</summary>
    private static IEnumerable<string> Projects()
    {
        IEnumerable<string> tests = new[] { "tests", "integration" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.Tests.csproj", SearchOption.AllDirectories))
            .Select(path => Path.GetFileNameWithoutExtension(path));
        return tests.Append("LspsPlugin.Simulation").Append("LspsPlugin.Scenarios").Where(project => project != "LspsPlugin.Catalogue.Tests").Order(StringComparer.Ordinal);
    }

    private static List<Proof> ReadAssembly(string path, string project)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader reader = file.GetMetadataReader();
        var proofs = new List<Proof>();
        foreach (TypeDefinition type in reader.TypeDefinitions.Select(reader.GetTypeDefinition))
        {
            string name = reader.GetString(type.Name);
            Add(type.GetCustomAttributes(), null);
            foreach (MethodDefinition method in type.GetMethods().Select(reader.GetMethodDefinition)) Add(method.GetCustomAttributes(), method.Name);
            foreach (FieldDefinition field in type.GetFields().Select(reader.GetFieldDefinition)) Add(field.GetCustomAttributes(), field.Name);
            foreach (PropertyDefinition property in type.GetProperties().Select(reader.GetPropertyDefinition)) Add(property.GetCustomAttributes(), property.Name);

            void Add(CustomAttributeHandleCollection attributes, StringHandle? member)
            {
                foreach (string fault in attributes.SelectMany(handle => Faults(reader, handle)))
                {
                    proofs.Add(new Proof(fault, project, name, member is { } given ? reader.GetString(given) : null));
                }
            }
        }

        return proofs;
    }

    /// <summary>The strings of one annotation; none when it is another attribute.</summary>
    private static IEnumerable<string> Faults(MetadataReader reader, CustomAttributeHandle handle)
    {
        CustomAttribute attribute = reader.GetCustomAttribute(handle);
        if (attribute.Constructor.Kind != HandleKind.MethodDefinition) return [];
        TypeDefinition type = reader.GetTypeDefinition(reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor).GetDeclaringType());
        if (reader.GetString(type.Name) != "CoversAttribute") return [];

        // ECMA-335 II.23.3: a prolog of two bytes, then the one argument: a count and as many strings.
        BlobReader blob = reader.GetBlobReader(attribute.Value);
        blob.ReadUInt16();
        var faults = new List<string>();
        for (uint left = blob.ReadUInt32(); left > 0; left--) faults.Add(blob.ReadSerializedString() ?? "");
        return faults;
    }
}
