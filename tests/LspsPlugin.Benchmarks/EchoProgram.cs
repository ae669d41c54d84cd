using System.Diagnostics;

namespace LspsPlugin.Benchmarks;

/// <summary>A C program that reads each message and answers it at once, without looking at it: the least that pipes and a process cost.</summary>
internal static class EchoProgram
{
    private const string Source = """
        #include <unistd.h>

        int main(void)
        {
            static char in[1 << 16];
            static const char out[] = "{\"jsonrpc\":\"2.0\",\"id\":\"cln:htlc_accepted#90\",\"result\":{\"result\":\"continue\"}}\n\n";
            size_t n = 0;
            for (;;) {
                ssize_t got = read(0, in + n, sizeof in - n);
                if (got <= 0) return 0;
                n += got;
                if (n < 2 || in[n - 1] != '\n' || in[n - 2] != '\n') continue;
                if (write(1, out, sizeof out - 1) < 0) return 1;
                n = 0;
            }
        }
        """;

    /// <returns>The program; null where there is no gcc.</returns>
    public static async Task<string?> CompileAsync(string directory)
    {
        string source = Path.Combine(directory, "echo.c"), program = Path.Combine(directory, "echo");
        await File.WriteAllTextAsync(source, Source);
        try
        {
            using Process gcc = Process.Start("gcc", ["-O2", "-o", program, source]);
            await gcc.WaitForExitAsync();
            return gcc.ExitCode == 0 ? program : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
