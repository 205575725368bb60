using System.Text;

namespace Rxelon.Cli;

/// <summary>What surrounds a command: streams, variables, clock, network. Tests bring their own.</summary>
internal sealed record CliHost
{
    internal required TextWriter Out { get; init; }

    internal required TextWriter Error { get; init; }

    /// <summary>Bytes in and out, for data rather than text.</summary>
    internal required Func<Stream> Stdin { get; init; }

    internal required Func<Stream> Stdout { get; init; }

    internal required Func<string, string?> Variable { get; init; }

    internal bool OutIsTerminal { get; init; }

    internal bool ErrorIsTerminal { get; init; }

    /// <summary>Asks a person for a passphrase; null when nobody is there.</summary>
    internal Func<string, string?> AskSecret { get; init; } = _ => null;

    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where relative paths start.</summary>
    internal string Directory { get; init; } = Environment.CurrentDirectory;

    internal static CliHost OfThisProcess()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new CliHost
        {
            Out = Console.Out,
            Error = Console.Error,
            Stdin = Console.OpenStandardInput,
            Stdout = Console.OpenStandardOutput,
            Variable = Environment.GetEnvironmentVariable,
            OutIsTerminal = !Console.IsOutputRedirected,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            AskSecret = prompt => Console.IsInputRedirected ? null : ReadSecret(prompt),
        };
    }

    private static string ReadSecret(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        for (var key = Console.ReadKey(intercept: true); key.Key != ConsoleKey.Enter; key = Console.ReadKey(intercept: true))
        {
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        Console.Error.WriteLine();
        return typed.ToString();
    }
}
