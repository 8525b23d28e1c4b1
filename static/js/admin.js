/* What Django's admin leaves without a name: its searching select boxes and the empty corner of inline tables. */
"use strict";
{
  const name = (root) => {
    for (const box of root.querySelectorAll(".select2-selection[role=combobox]")) {
      const select = box.closest(".select2-container")?.previousElementSibling;
      const label = select?.id && document.querySelector(`label[for="${select.id}"]`);
      const words = (label?.textContent || select?.name || "").trim().replace(/:$/, "");
      if (!words) continue;
      for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) {
        part.setAttribute("aria-label", words);
        // A name from elsewhere would win, and it is empty until something is chosen.
        if (part === box) part.setAttribute("aria-describedby", box.getAttribute("aria-labelledby") || "");
        part.removeAttribute("aria-labelledby");
      }
    }
    for (const corner of root.querySelectorAll("th.original:empty")) {
      const cell = document.createElement("td");
      cell.className = corner.className;
      corner.replaceWith(cell);
    }
  };
  name(document);
  // The boxes are made after the page is ready, and again with each row that somebody adds.
  new MutationObserver(() => name(document)).observe(document.body, { childList: true, subtree: true });
}
