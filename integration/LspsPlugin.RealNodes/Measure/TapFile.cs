namespace LspsPlugin.RealNodes.Measure;

/// <summary>What a tap has recorded so far.</summary>
internal sealed class TapFile(string path)
{
    public async Task<IReadOnlyList<TapRecord>> ReadAsync()
    {
        if (!File.Exists(path)) return [];
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        string text = await reader.ReadToEndAsync();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(TapRecord.Read)];
    }
}
