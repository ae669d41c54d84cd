using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace LspsPlugin.Catalogue.Tests;

/// <summary>Where a fault is proven harmless, or a requirement met.</summary>
/// <param name="Id">Of the fault or the requirement.</param>
/// <param name="Project">Without the common prefix.</param>
/// <param name="Member">Null when the whole type says so.</param>
internal sealed record Proof(string Id, string Project, string Type, string? Member)
{
    /// <summary>As a page shows it. Test names are sentences.</summary>
    public string Name
    {
        get
        {
            if (Project == "Simulation") return $"checker `{Type}`";
            string type = Type.Replace("Tests", "", StringComparison.Ordinal);
            return Member is null ? $"`{type}`" : $"`{type}`: {Member.Replace('_', ' ').Replace("|", "", StringComparison.Ordinal)}";
        }
    }
}

/// <summary>The annotations of all test projects, [Covers] and [Trait("Requirement", ..)], read from the assemblies without loading them.</summary>
internal static class Annotations
{
    public static IReadOnlyList<Proof> Read() => [.. Assemblies().SelectMany(assembly => ReadAssembly(assembly.Path, assembly.Project["LspsPlugin.".Length..]))];

    /// <summary>Every method of those assemblies, as TYPE.METHOD.</summary>
    public static IReadOnlySet<string> Methods() => Assemblies().SelectMany(assembly =>
    {
        using var file = new PEReader(File.OpenRead(assembly.Path));
        MetadataReader reader = file.GetMetadataReader();
        return (string[])
        [
            .. from type in reader.TypeDefinitions.Select(reader.GetTypeDefinition)
               from method in type.GetMethods().Select(reader.GetMethodDefinition)
               select $"{reader.GetString(type.Name)}.{reader.GetString(method.Name)}",
        ];
    }).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<(string Project, string Path)> Assemblies()
    {
        string configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string bin = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));
        return Projects().Select(project =>
        {
            string assembly = project == "LspsPlugin.Simulation" ? "lsps-regtest" : project;
            return (project, Path.Combine(bin, project, configuration, assembly + ".dll"));
        });
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
                foreach (string id in attributes.SelectMany(handle => Ids(reader, handle)))
                {
                    proofs.Add(new Proof(id, project, name, member is { } given ? reader.GetString(given) : null));
                }
            }
        }

        return proofs;
    }

    /// <summary>What one annotation names; nothing when it is another attribute.</summary>
    private static IEnumerable<string> Ids(MetadataReader reader, CustomAttributeHandle handle)
    {
        CustomAttribute attribute = reader.GetCustomAttribute(handle);

        // ECMA-335 II.23.3: a prolog of two bytes, then the arguments; an array is a count and its elements.
        BlobReader blob = reader.GetBlobReader(attribute.Value);
        blob.ReadUInt16();
        var ids = new List<string>();
        switch (NameOf(reader, attribute.Constructor))
        {
            case "CoversAttribute":
                for (uint left = blob.ReadUInt32(); left > 0; left--) ids.Add(blob.ReadSerializedString() ?? "");
                break;
            case "TraitAttribute" when blob.ReadSerializedString() == "Requirement":
                ids.Add(blob.ReadSerializedString() ?? "");
                break;
        }

        return ids;
    }

    private static string NameOf(MetadataReader reader, EntityHandle constructor) => constructor.Kind switch
    {
        HandleKind.MethodDefinition => reader.GetString(reader.GetTypeDefinition(reader.GetMethodDefinition((MethodDefinitionHandle)constructor).GetDeclaringType()).Name),
        HandleKind.MemberReference when reader.GetMemberReference((MemberReferenceHandle)constructor).Parent is { Kind: HandleKind.TypeReference } parent =>
            reader.GetString(reader.GetTypeReference((TypeReferenceHandle)parent).Name),
        _ => "",
    };
}
