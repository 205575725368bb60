namespace Rxelon.Shared.Values;

/// <summary>Whose fault a failed attempt or request is (published rules: docs/design/failure-modes.md).</summary>
public enum Culprit
{
    /// <summary>Nobody's: a refusal or a limit reached.</summary>
    None = 0,

    /// <summary>The user's program.</summary>
    Program = 1,

    /// <summary>The user's input or request.</summary>
    Input = 2,

    /// <summary>The node that ran it.</summary>
    Node = 3,

    /// <summary>The way between.</summary>
    Network = 4,

    /// <summary>The CHS.</summary>
    Hub = 5,
}

/// <summary>
/// An expected error as a value: a stable code (kebab-case, listed in <see cref="FaultCodes"/>), a sentence that says what to do,
/// whose fault, and whether repeating the same request can help.
/// </summary>
public sealed record Fault(string Code, string Message, Culprit Culprit = Culprit.None, bool Retryable = false);

/// <summary>Either a value or a <see cref="Values.Fault"/>.</summary>
public readonly record struct Outcome<T>
{
    private readonly T? _value;

    private Outcome(T? value, Fault? fault)
    {
        _value = value;
        Fault = fault;
    }

    /// <summary>The error, or null when there is a value.</summary>
    public Fault? Fault { get; }

    /// <summary>True when there is a value.</summary>
    public bool IsOk => Fault is null;

    /// <summary>The value; throws when there is a fault.</summary>
    public T Value => Fault is null ? _value! : throw new InvalidOperationException($"{Fault.Code}: {Fault.Message}");

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Fault fault) => new(default, fault);
}
