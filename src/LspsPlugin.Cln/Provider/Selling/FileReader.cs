namespace LspsPlugin.Cln.Provider.Selling;

/// <summary>Identifies one version of a file.</summary>
/// <param name="Path">The path.</param>
/// <param name="Written">When it was last written, UTC.</param>
/// <param name="Length">In bytes; -1 if the file does not exist.</param>
internal readonly record struct FileStamp(string Path, DateTime Written, long Length);

/// <summary>What was read of a file.</summary>
/// <param name="Stamp">The version that was found.</param>
/// <param name="Content">Null if the file is unchanged or cannot be read.</param>
/// <param name="Problem">Why it cannot be read; null otherwise.</param>
internal sealed record FileRead(FileStamp Stamp, byte[]? Content = null, string? Problem = null);

/// <summary>
/// Reads files. File access never happens on the loop: a mount that hangs would block the caller, and with it every HTLC of the node.
/// </summary>
internal interface IFileReader
{
    /// <summary>
    /// Checks a file and reads it unless it is unchanged since <paramref name="known"/>. <paramref name="done"/> is called on the loop, or
    /// never.
    /// </summary>
    void Read(string path, FileStamp known, int mostBytes, Action<FileRead> done);
}

/// <summary>The file system.</summary>
internal sealed class FileReader : IFileReader
{
    private readonly bool _offTheLoop;

    private FileReader(bool offTheLoop) => _offTheLoop = offTheLoop;

    /// <summary>Reads on a thread of the pool.</summary>
    public static FileReader OffTheLoop { get; } = new(offTheLoop: true);

    /// <summary>Reads synchronously, for the simulation, in which nothing may leave the loop.</summary>
    public static FileReader AtOnce { get; } = new(offTheLoop: false);

    public void Read(string path, FileStamp known, int mostBytes, Action<FileRead> done)
    {
        if (!_offTheLoop || SynchronizationContext.Current is not { } loop)
        {
            done(Read(path, known, mostBytes));
            return;
        }

        ThreadPool.QueueUserWorkItem(_ =>
        {
            FileRead read = Read(path, known, mostBytes);
            loop.Post(_ => done(read), null);
        });
    }

#pragma warning disable RS0030 // the implementation that the ban refers to
    private static FileRead Read(string path, FileStamp known, int mostBytes)
    {
        var stamp = new FileStamp(path, default, -1);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists) return new FileRead(stamp, Problem: "there is no such file");
            stamp = new FileStamp(path, file.LastWriteTimeUtc, file.Length);
            if (stamp == known) return new FileRead(stamp);

            // A pipe or a device has no length and may never end.
            byte[] content = new byte[mostBytes + 1];
            using FileStream stream = file.OpenRead();
            int length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length > mostBytes ? new FileRead(stamp, Problem: $"it has more than {mostBytes} bytes") : new FileRead(stamp, content[..length]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new FileRead(stamp, Problem: e.Message);
        }
    }
#pragma warning restore RS0030
}
