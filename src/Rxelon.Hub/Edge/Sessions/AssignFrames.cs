using Google.Protobuf;
using Rxelon.Link;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>Cuts an assignment into frames that fit the link: the terms are said in each, the program's bytes only in the first.</summary>
internal static class AssignFrames
{
    // Room for what each part adds besides its inline bytes.
    private const int PerPart = 512;

    internal static IEnumerable<ToNode> Cut(AssignParts terms, IReadOnlyList<AssignedPart> parts)
    {
        var current = terms.Clone();
        var size = current.CalculateSize();
        foreach (var part in parts)
        {
            var added = part.Input.Inline.Length + PerPart;
            if (current.Parts.Count > 0 && size + added > LinkConfig.MaxMessageBytes)
            {
                yield return new ToNode { Assign = current };
                current = terms.Clone();
                current.Program.Inline = ByteString.Empty;
                size = current.CalculateSize();
            }

            current.Parts.Add(part);
            size += added;
        }

        if (current.Parts.Count > 0)
            yield return new ToNode { Assign = current };
    }
}
