// The key / goes to the search box, as long as nobody is typing. Nothing depends on it.
document.addEventListener("keydown", function (event) {
  var box = document.getElementById("zoek-alles");
  var at = document.activeElement;
  var typing = at && (at.isContentEditable || /^(input|textarea|select)$/i.test(at.tagName));
  if (!box || typing || event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  box.focus();
});

// A list that htmx renewed says so, and keeps the focus on the page. Without scripts the whole page comes anew.
document.addEventListener("htmx:afterSettle", function () {
  var heading = document.querySelector("#inhoud h1");
  document.getElementById("vernieuwd").textContent = heading.textContent + " is bijgewerkt.";
  if (document.activeElement === document.body) {
    heading.tabIndex = -1;
    heading.focus();
  }
});
