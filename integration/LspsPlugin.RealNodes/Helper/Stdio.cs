using Microsoft.Win32.SafeHandles;

namespace LspsPlugin.RealNodes.Helper;

/// <summary>The unbuffered stdin and stdout of a plugin.</summary>
internal static class Stdio
{
    public static FileStream Open(nint descriptor, FileAccess access) => new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);
}
