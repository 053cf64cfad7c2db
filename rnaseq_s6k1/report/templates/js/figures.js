// Figures open at the width of the window.
const startFigures = () => {
  const dialog = byId("enlarged");
  const close = dialog.querySelector("button");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  for (const image of document.querySelectorAll(".pictures img")) {
    const button = make("button", { type: "button", "aria-label": `Enlarge: ${image.alt}` });
    image.before(button);
    button.append(image);
    button.addEventListener("click", () => {
      dialog.replaceChildren(close, make("img", { src: image.src, alt: image.alt }));
      dialog.showModal();
    });
  }
};
