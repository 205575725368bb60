namespace Rxelon.Shared.Ids;

/// <summary>
/// One execution of one part on one node. <see cref="Number"/> starts at 1 and only grows within the part:
/// it is the fence that keeps a superseded execution from being paid.
/// </summary>
public readonly record struct AttemptId(TaskId Task, int Part, int Number)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Task}/{Part}/{Number}";

    /// <summary>Parses exactly what <see cref="ToString"/> writes; false for anything else, such as a sign or a leading zero.</summary>
    public static bool TryParse(string? text, out AttemptId id)
    {
        id = default;
        var pieces = text?.Split('/');
        if (pieces is not { Length: 3 } || !TaskId.TryParse(pieces[0], out var task)
            || !int.TryParse(pieces[1], out var part) || part < 0
            || !int.TryParse(pieces[2], out var number) || number < 1)
            return false;
        id = new AttemptId(task, part, number);
        return id.ToString() == text;
    }
}
