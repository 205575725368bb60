using Rxelon.Shared.Values;

namespace Rxelon.Client.Specs;

/// <summary>
/// Something wrong in a task file: a code (malformed, unknown-field, not-yet), the field's path such as
/// <c>resources.memory</c>, line and column from 1 (0 when it is not at a place), and a sentence that says what to write.
/// </summary>
public sealed record SpecError(string Code, string Field, int Line, int Column, string Message)
{
    /// <summary>The error as a fault.</summary>
    public Fault ToFault() => new(Code, ToString(), Culprit.Input);

    /// <summary>For people: <c>line 3, column 5: resources.memory: …</c>.</summary>
    public override string ToString()
        => (Line > 0 ? $"line {Line}, column {Column}: " : "") + (Field.Length > 0 ? $"{Field}: " : "") + Message;
}
