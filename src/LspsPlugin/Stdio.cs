using System.IO.Pipelines;
using Microsoft.Win32.SafeHandles;

namespace LspsPlugin;

/// <summary>The raw stdin and stdout; nothing but the plugin protocol may use them.</summary>
internal sealed class Stdio(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input => input;

    public PipeWriter Output => output;

    public static Stdio Open() => new(
        PipeReader.Create(Stream(0, FileAccess.Read), new StreamPipeReaderOptions(bufferSize: 64 << 10)),
        PipeWriter.Create(Stream(1, FileAccess.Write)));

    private static FileStream Stream(nint descriptor, FileAccess access) => new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);
}
