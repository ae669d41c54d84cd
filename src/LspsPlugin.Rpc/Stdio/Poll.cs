using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LspsPlugin.Rpc.Stdio;

/// <summary>The system calls for which .NET has no API: waiting for several descriptors, and a descriptor that wakes from that (poll(2), eventfd(2)).</summary>
internal static partial class Poll
{
    /// <summary>Data can be read (POLLIN).</summary>
    public const short Readable = 0x001;

    /// <summary>Data can be written: a pipe takes at least <see cref="AtomicBytes"/> (POLLOUT).</summary>
    public const short Writable = 0x004;

    /// <summary>What a pipe takes without blocking once it is writable (PIPE_BUF).</summary>
    public const int AtomicBytes = 4096;

    private const int Interrupted = 4;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    /// <summary>No descriptor.</summary>
    public static Watched Nothing => new() { Descriptor = -1 };

    /// <summary>Returns a stream's descriptor to wait for.</summary>
    public static Watched Watch(FileStream stream, short wanted) => new() { Descriptor = (int)stream.SafeFileHandle.DangerousGetHandle(), Wanted = wanted };

    /// <summary>Waits until something happens to one of the descriptors.</summary>
    /// <param name="watched">The descriptors; a negative one is ignored. What happened is written into them.</param>
    /// <param name="wait">Whether to wait; otherwise only looks.</param>
    public static void Wait(Span<Watched> watched, bool wait)
    {
        while (Call(watched, (nuint)watched.Length, wait ? -1 : 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted) throw new Win32Exception(Marshal.GetLastPInvokeError(), "poll");
        }
    }

    /// <summary>Creates a descriptor that is readable after a number was written to it, until it is read.</summary>
    public static SafeFileHandle CreateWaker()
    {
        int descriptor = EventFd(0, CloseOnExec | NonBlocking);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new Win32Exception(Marshal.GetLastPInvokeError(), "eventfd");
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Call(Span<Watched> watched, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);

    /// <summary>A descriptor and what is waited for (struct pollfd).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Watched
    {
        /// <summary>The descriptor; negative for none.</summary>
        public int Descriptor;

        /// <summary>What is waited for; errors always are.</summary>
        public short Wanted;

        /// <summary>What happened.</summary>
        public short Happened;
    }
}
