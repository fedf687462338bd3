/** The key of an attribute, which breaks after its dots where it has to. */
export function Key({ text }: { readonly text: string }) {
  return (
    <>
      {text.split(/(?<=[._/])/).map((part, index) => (
        <>
          {index > 0 ? <wbr /> : null}
          {part}
        </>
      ))}
    </>
  );
}
