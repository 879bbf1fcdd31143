# Public items without a doc example, from rustdoc's JSON. Prints nothing where all have one.
.index as $index
| def item: $index[tostring] // empty;
  def reachable:
    item
    | if .inner.module then .inner.module.items[] | reachable
      elif .inner.use then .inner.use.id // empty | reachable
      else
        .,
        ((.inner.struct // .inner.enum // {}).impls[]? | item | .inner.impl | select(.trait == null) | .items[] | item),
        (.inner.trait.items[]? | item)
      end;
  .root | reachable
| select((.docs // "") | contains("```") | not)
| "\(.span.filename):\(.span.begin[0]): \(.inner | keys[0]) \(.name)"
