"use client";

/** What a page says of the digits model, through the entry of browsers and through the one with the core inside. */
import { useEffect, useState } from "react";
import { answers } from "./answers.js";

export default function Page() {
  const [text, setText] = useState(null);
  useEffect(() => {
    answers("/digits.bsnn.gguf").then(setText, (error) => setText(String(error)));
  }, []);
  return text && <output>{text}</output>;
}
