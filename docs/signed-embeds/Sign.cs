// Signs players for the people of an intranet. .NET 6 or later, without a package.
using System;
using System.Security.Cryptography;
using System.Text;

public static class Privmedia
{
    /// <summary>What the library expects: HMAC-SHA256 over seven lines, in hexadecimal digits.</summary>
    public static string Signature(string secret, string key, string item, string kind, string label, long expires, string nonce)
    {
        var text = string.Join("\n", "privmedia-embed-v1", key, item, kind, label, expires, nonce);
        using var hmac = new HMACSHA256(Encoding.ASCII.GetBytes(secret));
        return BitConverter.ToString(hmac.ComputeHash(Encoding.UTF8.GetBytes(text))).Replace("-", "").ToLowerInvariant();
    }

    /// <summary>The src of the player's iframe, for one person and one load of the page. kind is "user" or "group".</summary>
    public static string SignedAddress(
        string site, string embed, string item, string key, string secret, string label,
        string kind = "user", int lasts = 4 * 3600)
    {
        var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + lasts;
        var nonce = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N");
        var signature = Signature(secret, key, item, kind, label, expires, nonce);
        return $"{site}/embed/{embed}#key={key}&item={item}&{kind}={Uri.EscapeDataString(label)}"
            + $"&expires={expires}&nonce={nonce}&signature={signature}";
    }

    public static void Main(string[] said)
    {
        // dotnet run -- EMBED ITEM "Jonas Bakke"
        string Of(string name) => Environment.GetEnvironmentVariable("PRIVMEDIA_" + name) ?? "";
        Console.WriteLine(SignedAddress(Of("URL"), said[0], said[1], Of("KEY"), Of("SECRET"), said[2]));
    }
}
