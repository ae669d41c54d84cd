using System.Globalization;

namespace LspsPlugin.Desk.Wording;

/// <summary>Numbers for axes, in at most six characters.</summary>
internal static class Compact
{
    private static readonly string[] Units = ["", "k", "M", "G", "T", "P", "E", "Z", "Y"];

    /// <summary>For example 950, 1.2k, 15k, -1.25M.</summary>
    public static string Of(decimal number)
    {
        decimal size = Math.Abs(number);
        int unit = 0;
        while (size >= 1000 && unit < Units.Length - 1)
        {
            size /= 1000;
            unit++;
        }

        string digits = size.ToString(size >= 100 ? "0" : size >= 10 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
        return $"{(number < 0 && digits != "0" ? "-" : "")}{digits}{Units[unit]}";
    }
}
