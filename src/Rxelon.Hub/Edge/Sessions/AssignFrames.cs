using Google.Protobuf;
using Rxelon.Link;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Edge.Sessions;

/// <summary>
/// Cuts an assignment into frames that fit the link: the terms are said in each, the program's bytes only in the first. A part whose
/// needed results do not fit is named in several frames, each with some of them.
/// </summary>
internal static class AssignFrames
{
    // Room for what each part adds besides its inline bytes.
    private const int PerPart = 512;

    // Tag and length of a result within its part.
    private const int PerResult = 8;

    internal static IEnumerable<ToNode> Cut(AssignParts terms, IReadOnlyList<(AssignedPart Part, IReadOnlyList<NeededBlob> Results)> parts)
    {
        var current = terms.Clone();
        var size = current.CalculateSize();
        foreach (var (part, results) in parts)
        {
            var added = (part.Input?.Inline.Length ?? 0) + PerPart;
            if (current.Parts.Count > 0 && size + added > LinkConfig.MaxMessageBytes)
            {
                yield return new ToNode { Assign = current };
                Next();
            }

            var head = part;
            current.Parts.Add(head);
            size += added;
            foreach (var result in results)
            {
                var bytes = result.CalculateSize() + PerResult;
                if (size + bytes > LinkConfig.MaxMessageBytes)
                {
                    yield return new ToNode { Assign = current };
                    Next();
                    head = new AssignedPart { Part = part.Part, Number = part.Number, ResultsTotal = part.ResultsTotal };
                    current.Parts.Add(head);
                    size += PerPart;
                }

                head.Results.Add(result);
                size += bytes;
            }
        }

        if (current.Parts.Count > 0)
            yield return new ToNode { Assign = current };

        void Next()
        {
            current = terms.Clone();
            current.Program.Inline = ByteString.Empty;
            size = current.CalculateSize();
        }
    }
}
