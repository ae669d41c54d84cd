using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LspsPlugin.Rpc;

/// <summary>The pages of the program's file that are in memory.</summary>
public static partial class ImagePages
{
    /// <summary>Lets go of the code and the constants that only the start needed; does nothing where the program is not native code.</summary>
    public static void GiveBack()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported) Call();
    }

    /// <summary>Of <c>src/LspsPlugin/Native/image.c</c>, which is linked into the native file.</summary>
    [LibraryImport("image", EntryPoint = "image_give_back")]
    private static partial void Call();
}
